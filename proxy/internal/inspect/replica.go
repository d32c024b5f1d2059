package inspect

import (
	"cmp"
	"encoding/base64"
	"iter"
	"maps"
	"slices"

	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/stateward/stateward/proxy/internal/crdt"
)

// Replica returns a replicated value in plain words: a counter is a number, a flag is true
// or false, a set a list, and a map an object, or a list of entries where its keys are no
// texts.
func (l *Lens) Replica(v *crdt.Value) *structpb.Value {
	switch v.Type {
	case crdt.GCounter:
		return Uint(v.Number)
	case crdt.PNCounter:
		return Int(int64(v.Number))
	case crdt.Flag:
		return structpb.NewBoolValue(v.Set)
	case crdt.LWWRegister:
		return l.element(v.Register)
	case crdt.GSet, crdt.ORSet:
		list := &structpb.ListValue{}
		for element := range sorted(v.Elements) {
			list.Values = append(list.Values, l.element(element))
		}
		return structpb.NewListValue(list)
	case crdt.ORMap, crdt.PNCounterMap, crdt.LWWRegisterMap, crdt.ORMultiMap:
		return l.entries(v.Entries)
	case crdt.Vote:
		return object(map[string]*structpb.Value{
			"self": structpb.NewBoolValue(v.Self), "for": Int(int64(v.For)), "voters": Int(int64(v.Voters)),
		})
	default:
		return structpb.NewNullValue()
	}
}

// entries shows those of a map.
func (l *Lens) entries(entries map[crdt.Payload]*crdt.Value) *structpb.Value {
	named := make(map[string]*structpb.Value, len(entries))
	list := &structpb.ListValue{}
	for key, value := range sorted(entries) {
		name, shown := l.element(key), l.Replica(value)
		if text, is := name.GetKind().(*structpb.Value_StringValue); is {
			named[text.StringValue] = shown
		}
		list.Values = append(list.Values, object(map[string]*structpb.Value{"key": name, "value": shown}))
	}
	if len(named) == len(entries) {
		return object(named)
	}
	return structpb.NewListValue(list)
}

// element shows an element, a key or the value of a register: its bytes where nobody knows
// what they say.
func (l *Lens) element(p crdt.Payload) *structpb.Value {
	if p == (crdt.Payload{}) {
		return structpb.NewNullValue()
	}
	if shown, err := l.JSON(&anypb.Any{TypeUrl: p.Type, Value: []byte(p.Bytes)}); err == nil {
		return shown
	}
	return object(map[string]*structpb.Value{
		"@type":  structpb.NewStringValue(printable([]byte(p.Type))),
		"base64": structpb.NewStringValue(base64.StdEncoding.EncodeToString([]byte(p.Bytes))),
	})
}

func object(fields map[string]*structpb.Value) *structpb.Value {
	return structpb.NewStructValue(&structpb.Struct{Fields: fields})
}

// sorted goes through the map in the order of its keys' types and bytes.
func sorted[V any](m map[crdt.Payload]V) iter.Seq2[crdt.Payload, V] {
	return func(yield func(crdt.Payload, V) bool) {
		for _, key := range slices.SortedFunc(maps.Keys(m), func(a, b crdt.Payload) int {
			return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Bytes, b.Bytes))
		}) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}
