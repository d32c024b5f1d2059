package storetool

import (
	"context"
	"errors"
	"fmt"

	"github.com/stateward/stateward/proxy/internal/crdt"
	"github.com/stateward/stateward/proxy/internal/durable"
	"github.com/stateward/stateward/proxy/internal/store"
)

// Verify reads all of the source, compares what is stored twice, and decodes what the
// proxy itself has encoded. It tells each finding to found, whose error ends it, and
// returns how many items it has read. An error that is no finding is one of reading.
func Verify(ctx context.Context, from store.Exporter, found func(store.DamageItem) error, progress *Progress) (items int64, err error) {
	v := verification{found: found}
	err = from.Export(ctx, true, func(item store.Item) error {
		progress.count(item)
		items++
		return v.look(item)
	})
	if errors.Is(err, store.ErrCorrupt) {
		err = found(store.DamageItem{Of: "the store", What: "nothing behind this can be read: " + err.Error()})
	}
	return items, err
}

// verification is one look at all items.
type verification struct {
	found   func(store.DamageItem) error
	order   store.Order
	damaged bool // then items are missing, and their order says nothing
}

func (v *verification) look(item store.Item) error {
	if damage, is := item.(store.DamageItem); is {
		return v.tell(damage)
	}
	if !v.damaged {
		if err := v.order.Next(item); err != nil {
			return v.tell(store.DamageItem{Of: "the order of items", What: err.Error()})
		}
	}
	switch item := item.(type) {
	case store.EffectItem:
		body, err := durable.DecodeBody(item.Effect.Body)
		if err == nil && body.Source.Entity != item.Effect.Source.Entity {
			err = fmt.Errorf("its body says that it is of %q", body.Source.Entity)
		}
		if err != nil {
			return v.tell(store.DamageItem{Of: fmt.Sprintf("the durable effect %q of %v", item.Effect.ID, item.Effect.Source), What: err.Error()})
		}
	case store.CopyItem:
		if _, err := crdt.Decode(item.Replica.State); err != nil {
			return v.tell(store.DamageItem{Of: fmt.Sprintf("the copy of %v that %q has", item.Replica.ID, item.Node), What: err.Error()})
		}
	}
	return nil
}

func (v *verification) tell(damage store.DamageItem) error {
	v.damaged = true
	return v.found(damage)
}
