package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

// TestChaos lets function, store and callers misbehave at random. Whatever they
// do: what was acknowledged is in the journal once, in its callers' order;
// what was refused by the domain, or sent against the rules, is not.
//
// The seed fixes the dice, not the order in which goroutines throw them.
func TestChaos(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { chaos(t, &dice{random: rand.New(rand.NewPCG(seed, 0))}, seed%2 == 1) })
		})
	}
}

// chaos plays one run: 8 callers, 3 entities, 60 commands from each caller, up to 4 of
// them at once, on streams that need a goroutine for each entity, or not.
func chaos(t *testing.T, d *dice, followed bool) {
	t.Helper()
	journal := memory.New()
	counted := &counter{}
	function := mischief{dice: d}
	w := start(t, function.serve, func(c *runtime.Config) {
		c.Kinds = kinds(d.spoil(journal))
		c.Metrics = counted
		c.Active = 2
		c.StoreTimeout = 200 * time.Millisecond
		if followed {
			c.Functions = followers{c.Functions}
		}
	})
	w.function.Terms.Capabilities = snapshots | notice | cancel
	w.target.Passivation = 10 * time.Millisecond
	var callers sync.WaitGroup
	acknowledged := make([][]string, 8)
	for caller := range acknowledged {
		callers.Go(func() { acknowledged[caller] = d.call(t, w, caller) })
	}
	callers.Go(func() { // A connection takes no further stream now and then.
		for range 5 {
			time.Sleep(time.Duration(d.roll(300)) * time.Millisecond)
			w.function.Retire()
			w.Relieve(1)
			w.Relieve(0)
		}
	})
	callers.Wait()
	if err := w.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	for caller, tokens := range acknowledged {
		if len(tokens) == 0 {
			t.Errorf("caller %d: nothing was acknowledged", caller)
		}
		judge(t, journal, keyOf(caller), tokens)
	}
	counted.judge(t, len(acknowledged)*60)
}

// call submits the commands of one caller, some at once, and returns those that were
// acknowledged, in the order in which they were submitted.
func (d *dice) call(t *testing.T, w *world, caller int) (acknowledged []string) {
	t.Helper()
	for n := 0; n < 60; {
		ctx, leave := context.WithTimeout(t.Context(), time.Duration(d.roll(200))*time.Millisecond)
		var tokens []string
		var outcomes []<-chan entity.Outcome
		for range min(1+d.roll(4), 60-n) {
			tokens = append(tokens, fmt.Sprintf("%d.%d;", caller, n))
			outcomes = append(outcomes, w.submit(ctx, keyOf(caller), "Add", tokens[len(tokens)-1]))
			n++
		}
		for i, outcome := range outcomes {
			if (<-outcome).Err == nil {
				acknowledged = append(acknowledged, tokens[i])
			}
		}
		leave()
		time.Sleep(time.Duration(d.roll(20)) * time.Millisecond)
	}
	return acknowledged
}

func keyOf(caller int) string { return string(rune('a' + caller%3)) }

// judge checks that the entity's journal holds each token once, in order.
func judge(t *testing.T, journal store.Journal, key string, tokens []string) {
	t.Helper()
	var stored []string
	err := journal.Load(t.Context(), store.ID{Persistence: "cart", Entity: key},
		func(head store.Head) error {
			if head.Snapshot != nil {
				stored = tokensOf(string(head.Snapshot.State.GetValue()))
			}
			return nil
		},
		func(event entity.Event) error {
			stored = append(stored, string(event.Payload.GetValue()))
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	last := -1
	for _, token := range tokens {
		at := slices.Index(stored, token)
		if at <= last {
			t.Errorf("%s: %q was acknowledged and stands at %d, its predecessor at %d", key, token, at, last)
		}
		last = at
	}
	slices.Sort(stored)
	if n := len(slices.Compact(slices.Clone(stored))); n != len(stored) {
		t.Errorf("%s: %d of %d events are stored twice", key, len(stored)-n, len(stored))
	}
	if slices.Contains(stored, "bad;") {
		t.Errorf("%s: an event is stored that was sent against the rules", key)
	}
}

// tokensOf splits a state into the events that made it.
func tokensOf(state string) []string {
	return slices.DeleteFunc(strings.SplitAfter(state, ";"), func(token string) bool { return token == "" })
}

// dice are random numbers for several goroutines.
type dice struct {
	mu     sync.Mutex
	random *rand.Rand
}

// roll returns a number from 0 to n-1.
func (d *dice) roll(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.random.IntN(n)
}

// spoil returns the journal, failing now and then: before, after, or by conflict.
func (d *dice) spoil(journal store.Journal) store.Journal {
	return spoilt{Journal: journal, dice: d}
}

// spoilt is a journal whose dice decide what becomes of an Append; the rules of
// faultstore count calls, and these are many at once. A Load fails at times too.
type spoilt struct {
	store.Journal

	dice *dice
}

func (s spoilt) Append(ctx context.Context, id store.ID, batch store.Batch) error {
	time.Sleep(time.Duration(s.dice.roll(20)) * time.Millisecond) // A slow disk, by the bubble's clock.
	switch s.dice.roll(20) {
	case 3:
		<-ctx.Done()
		return ctx.Err()
	case 4:
		err := s.Journal.Append(ctx, id, batch)
		<-ctx.Done()
		return errors.Join(err, ctx.Err())
	case 0:
		return errDisk
	case 1:
		return errors.Join(s.Journal.Append(ctx, id, batch), errDisk)
	case 2:
		return store.Conflict(id, batch.Expected, batch.Expected+1)
	default:
		return s.Journal.Append(ctx, id, batch)
	}
}

func (s spoilt) Load(ctx context.Context, id store.ID, begin func(store.Head) error, event func(entity.Event) error) error {
	if s.dice.roll(50) == 0 {
		return errDisk
	}
	return s.Journal.Load(ctx, id, begin, event)
}

// mischief is a function that breaks the rules now and then.
type mischief struct{ dice *dice }

func (m mischief) serve(s *runtimetest.Stream) error {
	err := runtimetest.Model{Answer: m.answer}.Serve(s)
	if m.dice.roll(10) == 0 {
		<-s.Context().Done() // It lingers on a half-closed stream.
	}
	return err
}

// answer replies, with a snapshot after every third event, or does what it must not.
func (m mischief) answer(s *runtimetest.Stream, state string, command *entityv1.Command) *eventsourcedv1.EventSourcedReply {
	time.Sleep(time.Duration(m.dice.roll(5)) * time.Millisecond)
	reply := runtimetest.Model{}.Reply(state, command)
	if after := state + string(command.GetPayload().GetValue()); strings.Count(after, ";")%3 == 0 {
		reply.Snapshot = runtimetest.Text(after)
	}
	bad := func(reply *eventsourcedv1.EventSourcedReply) *eventsourcedv1.EventSourcedReply {
		reply.Events = []*anypb.Any{runtimetest.Text("bad;")}
		return reply
	}
	send := func(message *eventsourcedv1.HandleResponse) {
		s.Send(message) // What becomes of it is the proxy's business.
	}
	switch m.dice.roll(30) {
	case 0:
		return bad(runtimetest.Fail(&entityv1.Failure{Description: "no"}))
	case 1:
		return bad(runtimetest.Fail(&entityv1.Failure{Description: "no", Restart: true}))
	case 2:
		return runtimetest.Fail(&entityv1.Failure{Description: "no"})
	case 3:
		send(&eventsourcedv1.HandleResponse{})
	case 4:
		wrong := bad(runtimetest.Reply("wrong"))
		wrong.CommandId = command.GetId() + 1
		send(&eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: wrong}})
	case 5:
		send(&eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Failure{Failure: &entityv1.Failure{}}})
	case 6:
		<-s.Context().Done()
	case 7:
		// The answer, and then a second one in its place.
		reply.CommandId = command.GetId()
		send(&eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: reply}})
		return bad(runtimetest.Reply("twice"))
	}
	return reply
}

// counter is a Metrics that adds up.
type counter struct {
	mu                                     sync.Mutex
	activated, closed, waiting, answered   int
	active, waited, told, streamed         int
	persisted, refused, unrecovered, other int
}

var _ runtime.Metrics = (*counter)(nil)

func (c *counter) Active(_ string, change int)    { c.add(&c.active, change) }
func (c *counter) Waited(string, time.Duration)   { c.add(&c.waited, 1) }
func (c *counter) Answered(string, time.Duration) { c.add(&c.told, 1) }
func (c *counter) Streamed(_ string, change int)  { c.add(&c.streamed, change) }

func (c *counter) Activated(string, time.Duration, int) { c.add(&c.activated, 1) }

func (c *counter) Closed(_, reason string) {
	switch reason {
	case "open", "load":
		c.add(&c.unrecovered, 1)
	case "idle", "shutdown", "limit", "drain", "restart", "violation", "store", "timeout", "lost":
		c.add(&c.closed, 1)
	default:
		c.add(&c.other, 1)
	}
}

func (c *counter) Waiting(_ string, change int) { c.add(&c.waiting, change) }

func (c *counter) Commanded(string, codes.Code, time.Duration) { c.add(&c.answered, 1) }

func (c *counter) Persisted(_ string, _ time.Duration, _, _, _ int, err error) {
	c.add(&c.persisted, 1)
	if err != nil {
		c.add(&c.refused, 1)
	}
}

func (c *counter) Snapshots(string, int, int) {}

func (c *counter) add(to *int, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*to += n
}

// judge checks that the figures agree with each other and with the commands.
func (c *counter) judge(t *testing.T, commands int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answered != commands || c.waiting != 0 || c.other != 0 || c.activated > c.closed || c.persisted <= c.refused ||
		c.active != 0 || c.streamed != 0 || c.waited < c.told || c.told == 0 {
		t.Errorf("the metrics do not add up for %d commands: %+v", commands, c)
	}
}
