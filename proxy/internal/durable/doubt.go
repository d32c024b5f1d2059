package durable

import (
	"context"
	"maps"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
)

// maxDoubts is how many effects may be in doubt. What is above that, and stored, is found
// when the proxy starts.
const maxDoubts = 10_000

// Doubt says that it is unknown whether the effects are stored, all of them with one write
// of their source. The keeper asks the store until it knows, and tries those that are
// (FX-DUR-003).
func (k *Keeper) Doubt(source store.ID, effects []store.Effect) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stopped { // They are found when the proxy starts.
		return
	}
	if len(k.doubts)+len(effects) > maxDoubts {
		k.config.Log.Error("too many durable side effects are in doubt: those that are stored are tried when the proxy starts", "source", source)
		return
	}
	for _, effect := range effects {
		k.doubts[effect.ID] = source
	}
	if !k.asking {
		k.asking = true
		k.working.Go(k.ask)
	}
}

// ask asks the store, after pauses, until nothing is in doubt.
func (k *Keeper) ask() {
	for asked := 1; ; asked++ {
		select {
		case <-time.After(pause(asked, k.config.Random())):
		case <-k.stopping:
			return
		}
		if k.clear() {
			return
		}
	}
}

// clear looks for what is in doubt, and reports whether nothing is any more.
func (k *Keeper) clear() bool {
	k.mu.Lock()
	doubts := maps.Clone(k.doubts)
	k.mu.Unlock()
	if err := k.find(doubts); err != nil {
		k.config.Log.Warn("the store does not say whether durable side effects are stored", "effects", len(doubts), "error", err)
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for id := range doubts {
		delete(k.doubts, id)
	}
	k.asking = len(k.doubts) > 0
	return !k.asking
}

// find takes up those that are stored, once no write of their sources is open.
func (k *Keeper) find(doubts map[string]store.ID) error {
	ctx, cancel := context.WithTimeout(k.ctx, k.config.StoreTimeout)
	defer cancel()
	if err := k.settled(ctx, doubts); err != nil {
		return err
	}
	defer k.hurry()
	return k.config.Store.Effects(ctx, func(effect store.Effect) error {
		if _, doubted := doubts[effect.ID]; doubted {
			return k.adopt(effect)
		}
		return nil
	})
}

// settled waits until no write of the sources is open: reading a record, whichever, waits
// for that.
func (k *Keeper) settled(ctx context.Context, doubts map[string]store.ID) error {
	if k.config.Records == nil {
		return nil
	}
	sources := map[store.ID]struct{}{}
	for _, source := range doubts {
		sources[source] = struct{}{}
	}
	for source := range sources {
		if _, _, err := k.config.Records.Record(ctx, source, ""); err != nil {
			return err
		}
	}
	return nil
}
