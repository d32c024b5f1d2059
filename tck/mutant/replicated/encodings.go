package replicated

import (
	"slices"
	"sync/atomic"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/anypb"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// packing are the cases in which an element, a key or a value is packed or read.
func packing() []string {
	radius := append(typed("gset", "orset", "lwwregister", "ormap"), "replicated/deltas/", "replicated-maps/")
	return append(radius, "replicated/failures/rolls-back")
}

// encodingMutants are wrong about how elements, keys and values are packed.
func encodingMutants() []defect.Mutant {
	onPacked := func(change func(packed *anypb.Any)) defect.Defect {
		return onUpdates(func(_ *activation, _ *request, update *replicatedv1.Delta) { eachPacked(update, change) })
	}
	return []defect.Mutant{
		{
			Name: "packs-in-other-bytes-every-time", KilledBy: "REP-EQ-002", Message: `"p.cloudstate.io/string" of`,
			MayAlsoFail: packing(),
			Defect:      unstable,
		},
		{
			Name: "packs-anew-what-it-removes", KilledBy: "REP-EQ-003", Message: "the element was packed anew",
			Defect: onPacked(func(packed *anypb.Any) {
				if text, err := unpackString(packed); err == nil {
					packed.Value = packString(text).GetValue()
				}
			}),
		},
		{
			Name: "reads-lists-in-their-order", KilledBy: "REP-EQ-004", Message: "got reply 1",
			Defect: onReceived(func(_ *activation, delta *replicatedv1.Delta) {
				if set := delta.GetOrset(); set != nil {
					set.Removed = ascending(set.GetRemoved())
				}
				if entries := delta.GetOrmap(); entries != nil {
					entries.Removed = ascending(entries.GetRemoved())
				}
			}),
		},
		{
			Name: "packs-strings-as-messages", KilledBy: "CORE-PAYLOAD-004", Message: "StringValue",
			MayAlsoFail: packing(),
			Defect:      onPacked(func(packed *anypb.Any) { packed.TypeUrl = "type.googleapis.com/google.protobuf.StringValue" }),
		},
		{
			Name: "reads-no-value-from-no-bytes", KilledBy: "CORE-PAYLOAD-005", Message: `no value`,
			MayAlsoFail: packing(),
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					bare := false
					for _, delta := range []*replicatedv1.Delta{in.GetInit().GetDelta(), in.GetDelta()} {
						eachPacked(delta, func(packed *anypb.Any) { bare = bare || len(packed.GetValue()) == 0 })
					}
					if bare {
						return broken("no value")
					}
					return next(in)
				}
			}),
		},
		{
			Name: "packs-the-default-as-a-field", KilledBy: "CORE-PAYLOAD-006", Message: `of "\n\x00"`,
			MayAlsoFail: packing(),
			Defect: onPacked(func(packed *anypb.Any) {
				if len(packed.GetValue()) == 0 {
					packed.Value = []byte{0x0a, 0}
				}
			}),
		},
	}
}

// ascending are the elements of a list that are greater than the one before them.
func ascending(list []*anypb.Any) []*anypb.Any {
	var kept []*anypb.Any
	for i, one := range list {
		if i == 0 || string(one.GetValue()) > string(list[i-1].GetValue()) {
			kept = append(kept, one)
		}
	}
	return kept
}

// unstable packs with an unknown field that counts.
func unstable() defect.Instance {
	var times atomic.Uint64
	return onUpdates(func(_ *activation, _ *request, update *replicatedv1.Delta) {
		eachPacked(update, func(packed *anypb.Any) {
			raw := protowire.AppendTag(slices.Clone(packed.GetValue()), 1000, protowire.VarintType)
			packed.Value = protowire.AppendVarint(raw, times.Add(1))
		})
	})()
}

// eachPacked calls f with every element, key and value in a delta.
func eachPacked(delta *replicatedv1.Delta, f func(packed *anypb.Any)) {
	all := func(lists ...[]*anypb.Any) {
		for _, one := range slices.Concat(lists...) {
			f(one)
		}
	}
	switch change := delta.GetDelta().(type) {
	case *replicatedv1.Delta_Gset:
		all(change.Gset.GetAdded())
	case *replicatedv1.Delta_Orset:
		all(change.Orset.GetRemoved(), change.Orset.GetAdded())
	case *replicatedv1.Delta_Lwwregister:
		f(change.Lwwregister.GetValue())
	case *replicatedv1.Delta_Ormap:
		all(change.Ormap.GetRemoved())
		for _, entry := range slices.Concat(change.Ormap.GetUpdated(), change.Ormap.GetAdded()) {
			f(entry.GetKey())
			eachPacked(entry.GetDelta(), f)
		}
	}
}
