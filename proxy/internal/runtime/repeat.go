package runtime

import (
	"context"
	"crypto/sha256"
	"slices"
	"sync"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/answer"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/header"
	"github.com/stateward/stateward/proxy/internal/store"
)

// keyed is one idempotency key of an instance, from when a call with it comes until that
// is over. Instance.mu guards it.
type keyed struct {
	*instance

	key string
	// asked is what the first call asks for, and every repeat with it.
	asked asked
	// first is the first call; nil once that has its outcome. Until then its command
	// waits, is outstanding, or is being stored.
	first *call
	// lookedUp says that the store is being asked for a record: until it has said that
	// there is none, the command of the first call is not sent.
	lookedUp bool
	// fence is the right to write under which it was asked: what the store says then
	// stays true as long as that does.
	fence store.Fence
	// repeated are the calls that wait for the answer, oldest first.
	repeated []*call
	// answer is what they get, once the side effects of the first call have ended.
	answer entity.Outcome
}

// asked is what a keyed call asks for. Two calls that ask for the same are one.
type asked struct {
	name   string
	digest [sha256.Size]byte
}

// askedBy returns what the call asks for, which for a caller who is known is for itself:
// nobody gets an answer to somebody else (ACC-REPEAT-001). What a function sends with a key
// of its own it may send whoever has called it.
func askedBy(command entity.Command) asked {
	by := asked{name: command.Name, digest: sha256.Sum256(command.Payload.GetValue())}
	if command.Depth > 0 {
		return by
	}
	for _, entry := range header.OfPrincipal(command.Metadata) {
		if key := entry.GetKey(); key == header.Principal || key == header.PrincipalIssuer {
			said := sha256.Sum256([]byte(key + "\x00" + entry.GetStringValue()))
			by.digest = sha256.Sum256(append(by.digest[:], said[:]...))
		}
	}
	return by
}

// records reports whether the call is answered once for all that have its key.
func (i *instance) records(c *call) bool {
	_, shared := i.runtime.config.Kinds[c.target.Kind].State.(Shared)
	return c.command.Key != "" && !c.command.Streamed && !shared && i.runtime.config.Records != nil
}

// repeats takes a keyed call that repeats another one, which is under way. Of any other
// the store is asked whether it was answered before. The caller holds mu.
func (i *instance) repeats(c *call) bool {
	k := i.keys[c.command.Key]
	switch {
	case k == nil:
		i.first(c)
		return false
	case !k.lookedUp && c.asked != k.asked:
		i.runtime.running.Go(func() { i.misuse(c) })
	default:
		k.repeated = append(k.repeated, c)
		i.repeating++
		c.waiting(+1)
	}
	return true
}

// first makes the call the first one with its key. The caller holds mu.
func (i *instance) first(c *call) {
	k := &keyed{instance: i, key: c.command.Key, asked: c.asked, first: c, lookedUp: true}
	c.key = k // Nil again once its caller has gone.
	if i.keys == nil {
		i.keys = map[string]*keyed{}
	}
	i.keys[k.key] = k
	i.runtime.running.Go(func() { k.lookUp(c.target) })
}

// lookUp asks the store for the record of the key, and answers or sorts those that wait.
func (k *keyed) lookUp(target Target) {
	fence, record, found, err := k.ask(target)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lookedUp, k.fence = false, fence
	switch {
	case k.keys[k.key] != k: // Nobody waits any more.
	case err != nil:
		k.runtime.config.Log.Error("the store did not say whether a command was answered", "entity", k.id, "error", err)
		k.recall(func(c *call) { c.complete(entity.Outcome{Err: err}) })
	case found:
		k.recall(func(c *call) { k.reply(c, record) })
	default:
		k.sort()
	}
	k.stir()
}

// ask asks the store, once this proxy has the right to write: what another one has still on
// its way into the store then is there, or never will be. The error is a fault.Error.
func (k *keyed) ask(target Target) (fence store.Fence, record store.Record, found bool, err error) {
	ctx, cancel := context.WithTimeout(k.runtime.ctx, k.runtime.config.StoreTimeout)
	defer cancel()
	id := store.ID{Persistence: target.Persistence, Entity: k.id.Entity}
	if fence, err = k.runtime.own(ctx, id); err != nil {
		return fence, record, false, err
	}
	if record, found, err = k.runtime.config.Records.Record(ctx, id, k.key); err != nil {
		err = &fault.Error{Kind: fault.Unavailable, Text: "the store does not say now whether the command was carried out before", Err: err}
	}
	return fence, record, found, err
}

// recall takes the first call out of the mailbox, and has done with it and with all that
// wait for it.
func (k *keyed) recall(done func(*call)) {
	waited := append([]*call{k.first}, k.repeated...)
	k.mailbox = slices.DeleteFunc(k.mailbox, func(c *call) bool { return c == k.first })
	k.repeating -= len(k.repeated)
	k.first.key = nil
	delete(k.keys, k.key)
	for _, c := range waited {
		c.waiting(-1)
		done(c)
	}
}

// reply answers a call from the record (IDEM-REPEAT-002), unless that is of another
// request.
func (k *keyed) reply(c *call, record store.Record) {
	if recorded := (asked{name: record.Command, digest: record.Digest}); recorded != c.asked {
		k.runtime.running.Go(func() { k.misuse(c) })
		return
	}
	c.complete(answer.Decode(record.Answer))
}

// sort refuses the calls that came meanwhile and ask for something else than the first.
func (k *keyed) sort() {
	k.repeated = slices.DeleteFunc(k.repeated, func(c *call) bool {
		if c.asked == k.asked {
			return false
		}
		k.repeating--
		c.waiting(-1)
		k.runtime.running.Go(func() { k.misuse(c) })
		return true
	})
}

// misuse refuses a call whose key is that of another request (IDEM-REPEAT-005). The
// caller does not hold mu.
func (i *instance) misuse(c *call) {
	ctx, cancel := context.WithTimeout(i.runtime.ctx, i.runtime.config.StoreTimeout)
	defer cancel()
	err := error(fault.New(fault.Invalid, "the idempotency key belongs to another request to %s", i.id))
	if i.isDeleted(ctx, c.target) {
		err = fault.New(fault.NotFound, "the entity was deleted")
	}
	c.complete(entity.Outcome{Err: err})
}

// end gives the first call's outcome to those that wait for it, and returns what is to be
// called when they may have it; nil where they have.
func (k *keyed) end(outcome entity.Outcome) (effected func()) {
	k.first.key, k.first = nil, nil
	if outcome.GivenUp { // IDEM-REPEAT-007
		if heir := k.inherit(); heir != nil {
			k.mailbox = append(k.mailbox, heir)
			k.stir()
			return nil
		}
	}
	k.answer = entity.Outcome{Command: outcome.Command, Reply: outcome.Reply, Forward: outcome.Forward, Err: outcome.Err}
	if len(outcome.SideEffects) == 0 {
		k.release()
		return nil
	}
	release := sync.OnceFunc(func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.release()
		k.stir()
	})
	stop := context.AfterFunc(k.runtime.ctx, release)
	return func() {
		stop()
		release()
	}
}

// release answers those that wait.
func (k *keyed) release() {
	delete(k.keys, k.key)
	k.repeating -= len(k.repeated)
	for _, c := range k.repeated {
		c.waiting(-1)
		c.complete(k.answer)
	}
}

// leave answers a caller who has gone while its command waits in the mailbox, and returns
// the call that takes its place there: of those with its key the oldest that still waits
// (IDEM-REPEAT-006); nil when there is none. The caller holds instance.mu.
func (c *call) leave() (heir *call) {
	if k := c.key; k != nil {
		c.key, k.first = nil, nil
		if heir = k.inherit(); heir == nil {
			delete(k.keys, k.key)
		}
	}
	c.waiting(-1)
	c.abandon()
	return heir
}

// inherit makes the oldest repeat that still waits the first call, and returns it; nil
// when there is none. It counts as waiting already.
func (k *keyed) inherit() *call {
	k.prune()
	if len(k.repeated) == 0 {
		return nil
	}
	heir := k.repeated[0]
	k.repeated = k.repeated[1:]
	k.repeating--
	k.first, k.asked, heir.key = heir, heir.asked, k
	return heir
}

// prune answers the repeats whose callers have gone.
func (k *keyed) prune() {
	k.repeated = slices.DeleteFunc(k.repeated, func(c *call) bool {
		if c.ctx.Err() == nil {
			return false
		}
		k.repeating--
		c.waiting(-1)
		c.abandon()
		return true
	})
}

// isLookedUp reports whether the call waits for the store to say that it was not answered
// before. The caller holds instance.mu.
func (c *call) isLookedUp() bool { return c.key != nil && c.key.lookedUp }
