package identity

import (
	"crypto/sha256"
	"sync"
	"time"
)

// mostKnown is how many tokens are remembered.
const mostKnown = 4096

// known remembers tokens that were verified: a signature costs as much as a command. It
// holds their digests, and nothing that one could call with. The keys by which they were
// verified have to be those of now, so that a key that is taken back is.
type known struct {
	mu     sync.RWMutex
	set    *keySet
	tokens map[[sha256.Size]byte]bearing
}

// bearing is what a token said, and until when.
type bearing struct {
	principal *Principal
	end       time.Time
}

func newKnown() *known { return &known{tokens: map[[sha256.Size]byte]bearing{}} }

// principal returns whom the token names; nil where that has to be found out.
func (k *known) principal(token string, set *keySet, now time.Time) *Principal {
	sum := sha256.Sum256([]byte(token))
	k.mu.RLock()
	defer k.mu.RUnlock()
	if found, ok := k.tokens[sum]; ok && k.set == set && now.Before(found.end) {
		return found.principal
	}
	return nil
}

// add remembers a token that the set has verified.
func (k *known) add(token string, set *keySet, principal *Principal, end time.Time) {
	sum := sha256.Sum256([]byte(token))
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.set != set {
		k.set = set
		clear(k.tokens)
	}
	if len(k.tokens) >= mostKnown {
		k.forget(time.Now())
	}
	k.tokens[sum] = bearing{principal: principal, end: end}
}

// forget makes room: what has ended goes, or where that is nothing, any one.
func (k *known) forget(now time.Time) {
	before := len(k.tokens)
	for sum, found := range k.tokens {
		if !now.Before(found.end) {
			delete(k.tokens, sum)
		}
	}
	for sum := range k.tokens {
		if len(k.tokens) < before {
			return
		}
		delete(k.tokens, sum)
	}
}
