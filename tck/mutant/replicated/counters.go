package replicated

import (
	"errors"
	"math/bits"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
)

var errRange = errors.New("the counter would leave its range")

// gcounter is a counter that grows.
type gcounter struct{ n uint64 }

func (g *gcounter) receive(delta *replicatedv1.Delta) error {
	if delta.GetGcounter() == nil {
		return foreign(delta)
	}
	g.n += delta.GetGcounter().GetIncrement()
	return nil
}

func (g *gcounter) perform(update *tckreplicatedv1.Update) (bool, error) {
	if update.GetGcounter() == nil {
		return false, foreign(update)
	}
	sum, carry := bits.Add64(g.n, update.GetGcounter().GetIncrement(), 0)
	if carry != 0 {
		return false, errRange
	}
	did := sum != g.n
	g.n = sum
	return did, nil
}

func (g *gcounter) since(before value, _ style) *replicatedv1.Delta {
	if old := before.(*gcounter); *old != *g { //nolint:forcetypeassert // a value is copied as its own type
		return (&gcounter{g.n - old.n}).whole()
	}
	return nil
}

func (g *gcounter) whole() *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Gcounter{Gcounter: &replicatedv1.GCounterDelta{Increment: g.n}}}
}

func (g *gcounter) state() *tckreplicatedv1.State {
	return &tckreplicatedv1.State{Value: &tckreplicatedv1.State_Gcounter{Gcounter: &tckreplicatedv1.GCounterValue{Value: g.n}}}
}

func (g *gcounter) copy() value { return &gcounter{g.n} }

// pncounter is a counter that grows and shrinks.
type pncounter struct{ n int64 }

func (p *pncounter) receive(delta *replicatedv1.Delta) error {
	if delta.GetPncounter() == nil {
		return foreign(delta)
	}
	p.n += delta.GetPncounter().GetChange()
	return nil
}

func (p *pncounter) perform(update *tckreplicatedv1.Update) (bool, error) {
	if update.GetPncounter() == nil {
		return false, foreign(update)
	}
	change := update.GetPncounter().GetChange()
	if sum := p.n + change; (sum > p.n) != (change > 0) && change != 0 {
		return false, errRange
	}
	p.n += change
	return change != 0, nil
}

func (p *pncounter) since(before value, _ style) *replicatedv1.Delta {
	if old := before.(*pncounter); *old != *p { //nolint:forcetypeassert // a value is copied as its own type
		return (&pncounter{p.n - old.n}).whole()
	}
	return nil
}

func (p *pncounter) whole() *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Pncounter{Pncounter: &replicatedv1.PNCounterDelta{Change: p.n}}}
}

func (p *pncounter) state() *tckreplicatedv1.State {
	return &tckreplicatedv1.State{Value: &tckreplicatedv1.State_Pncounter{Pncounter: &tckreplicatedv1.PNCounterValue{Value: p.n}}}
}

func (p *pncounter) copy() value { return &pncounter{p.n} }
