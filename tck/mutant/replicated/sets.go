package replicated

import (
	"maps"
	"slices"

	"google.golang.org/protobuf/types/known/anypb"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
)

// elements are the elements of a set by their texts, each in the bytes in which it came.
type elements map[string]*anypb.Any

// put adds packed elements.
func (e elements) put(packed []*anypb.Any) error {
	for _, one := range packed {
		text, err := unpackString(one)
		if err != nil {
			return err
		}
		if e[text] == nil {
			e[text] = one
		}
	}
	return nil
}

// without are the elements that are not in the others, in order.
func (e elements) without(others elements) []*anypb.Any {
	var all []*anypb.Any
	for _, text := range e.sorted() {
		if others[text] == nil {
			all = append(all, e[text])
		}
	}
	return all
}

func (e elements) sorted() []string { return slices.Sorted(maps.Keys(e)) }

// gset is a set that grows.
type gset struct{ elements }

func (g *gset) receive(delta *replicatedv1.Delta) error {
	if delta.GetGset() == nil {
		return foreign(delta)
	}
	return g.put(delta.GetGset().GetAdded())
}

func (g *gset) perform(update *tckreplicatedv1.Update) (bool, error) {
	if update.GetGset() == nil {
		return false, foreign(update)
	}
	size := len(g.elements)
	err := g.put([]*anypb.Any{packString(update.GetGset().GetAdd())})
	return len(g.elements) != size, err
}

func (g *gset) since(before value, _ style) *replicatedv1.Delta {
	if added := g.without(before.(*gset).elements); added != nil { //nolint:forcetypeassert // a value is copied as its own type
		return gsetDelta(added)
	}
	return nil
}

func (g *gset) whole() *replicatedv1.Delta { return gsetDelta(g.without(nil)) }

func gsetDelta(added []*anypb.Any) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Gset{Gset: &replicatedv1.GSetDelta{Added: added}}}
}

func (g *gset) state() *tckreplicatedv1.State {
	return &tckreplicatedv1.State{Value: &tckreplicatedv1.State_Gset{Gset: &tckreplicatedv1.GSetValue{Elements: g.sorted()}}}
}

func (g *gset) copy() value { return &gset{maps.Clone(g.elements)} }

// orset is a set that grows and shrinks.
type orset struct {
	elements

	// emptied says that a command has left the set without elements.
	emptied bool
}

func (o *orset) receive(delta *replicatedv1.Delta) error {
	change := delta.GetOrset()
	if change == nil {
		return foreign(delta)
	}
	if change.GetCleared() {
		clear(o.elements)
	}
	for _, one := range change.GetRemoved() {
		text, err := unpackString(one)
		if err != nil {
			return err
		}
		delete(o.elements, text)
	}
	return o.put(change.GetAdded())
}

func (o *orset) perform(update *tckreplicatedv1.Update) (bool, error) {
	if update.GetOrset() == nil {
		return false, foreign(update)
	}
	size := len(o.elements)
	switch change := update.GetOrset().GetAction().(type) {
	case *tckreplicatedv1.ORSetUpdate_Add:
		if err := o.put([]*anypb.Any{packString(change.Add)}); err != nil {
			return false, err
		}
	case *tckreplicatedv1.ORSetUpdate_Remove:
		delete(o.elements, change.Remove)
	case *tckreplicatedv1.ORSetUpdate_Clear:
		if change.Clear {
			clear(o.elements)
		}
	}
	did := len(o.elements) != size
	o.emptied = o.emptied || did && len(o.elements) == 0
	return did, nil
}

func (o *orset) since(before value, style style) *replicatedv1.Delta {
	if style.clears && o.emptied {
		return orsetDelta(&replicatedv1.ORSetDelta{Cleared: true, Added: o.without(nil)})
	}
	old := before.(*orset) //nolint:forcetypeassert // a value is copied as its own type
	removed, added := old.without(o.elements), o.without(old.elements)
	if removed == nil && added == nil {
		return nil
	}
	return orsetDelta(&replicatedv1.ORSetDelta{Removed: removed, Added: added})
}

func (o *orset) whole() *replicatedv1.Delta {
	return orsetDelta(&replicatedv1.ORSetDelta{Added: o.without(nil)})
}

func orsetDelta(delta *replicatedv1.ORSetDelta) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Orset{Orset: delta}}
}

func (o *orset) state() *tckreplicatedv1.State {
	return &tckreplicatedv1.State{Value: &tckreplicatedv1.State_Orset{Orset: &tckreplicatedv1.ORSetValue{Elements: o.sorted()}}}
}

func (o *orset) copy() value { return &orset{elements: maps.Clone(o.elements)} }
