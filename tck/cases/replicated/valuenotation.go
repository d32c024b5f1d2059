package replicated

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
	"github.com/stateward/stateward/tck/peer"
)

// The notation of values and of their changes. A list that has no order is written in
// the order of its parts' notations.

// stateNotation is the notation of a value, such as `orset ["a", "b"]`.
func stateNotation(state *tckreplicatedv1.State) string {
	switch value := state.GetValue().(type) {
	case *tckreplicatedv1.State_Gcounter:
		return fmt.Sprintf("gcounter %d", value.Gcounter.GetValue())
	case *tckreplicatedv1.State_Pncounter:
		return fmt.Sprintf("pncounter %d", value.Pncounter.GetValue())
	case *tckreplicatedv1.State_Gset:
		return "gset " + peer.List(quoted(value.Gset.GetElements()))
	case *tckreplicatedv1.State_Orset:
		return "orset " + peer.List(quoted(value.Orset.GetElements()))
	case *tckreplicatedv1.State_Lwwregister:
		return "lwwregister " + peer.Quote(value.Lwwregister.GetValue())
	case *tckreplicatedv1.State_Flag:
		return fmt.Sprintf("flag %t", value.Flag.GetValue())
	case *tckreplicatedv1.State_Ormap:
		return "ormap " + entries(value.Ormap.GetEntries(), func(entry *tckreplicatedv1.ORMapEntryValue) string {
			return stateNotation(entry.GetValue())
		})
	case *tckreplicatedv1.State_Vote:
		vote := value.Vote
		return fmt.Sprintf("vote %t, %d of %d", vote.GetSelfVote(), vote.GetVotesFor(), vote.GetTotalVoters())
	case *tckreplicatedv1.State_PncounterMap:
		return "pncounter_map " + entries(value.PncounterMap.GetEntries(), func(entry *tckreplicatedv1.PNCounterMapEntryValue) string {
			return strconv.FormatInt(entry.GetCounter().GetValue(), 10)
		})
	case *tckreplicatedv1.State_LwwregisterMap:
		return "lwwregister_map " + entries(value.LwwregisterMap.GetEntries(), func(entry *tckreplicatedv1.LWWRegisterMapEntryValue) string {
			return peer.Quote(entry.GetRegister().GetValue())
		})
	case *tckreplicatedv1.State_OrmultiMap:
		return "ormulti_map " + entries(value.OrmultiMap.GetEntries(), func(entry *tckreplicatedv1.ORMultiMapEntryValue) string {
			return peer.List(quoted(entry.GetSet().GetElements()))
		})
	default:
		return "no value"
	}
}

// entries is the notation of the entries of a map, in their order.
func entries[Entry interface{ GetKey() string }](all []Entry, value func(Entry) string) string {
	parts := make([]string, len(all))
	for i, entry := range all {
		parts[i] = peer.Quote(entry.GetKey()) + ": " + value(entry)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func quoted(texts []string) []string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = peer.Quote(text)
	}
	return all
}

// deltaNotation is the notation of a change, such as `orset cleared +["a"]`.
func deltaNotation(delta *replicatedv1.Delta) string {
	switch change := delta.GetDelta().(type) {
	case *replicatedv1.Delta_Gcounter:
		return fmt.Sprintf("gcounter +%d", change.Gcounter.GetIncrement())
	case *replicatedv1.Delta_Pncounter:
		return fmt.Sprintf("pncounter %+d", change.Pncounter.GetChange())
	case *replicatedv1.Delta_Gset:
		return "gset" + elements("+", change.Gset.GetAdded())
	case *replicatedv1.Delta_Orset:
		return "orset" + setNotation(change.Orset)
	case *replicatedv1.Delta_Lwwregister:
		return "lwwregister " + registerNotation(change.Lwwregister)
	case *replicatedv1.Delta_Flag:
		return fmt.Sprintf("flag %t", change.Flag.GetValue())
	case *replicatedv1.Delta_Ormap:
		return "ormap" + mapNotation(change.Ormap, (*replicatedv1.ORMapDelta).GetUpdated, (*replicatedv1.ORMapDelta).GetAdded,
			func(entry *replicatedv1.ORMapEntryDelta) string { return deltaNotation(entry.GetDelta()) })
	case *replicatedv1.Delta_Vote:
		return "vote " + voteNotation(change.Vote)
	case *replicatedv1.Delta_PncounterMap:
		return "pncounter_map" + mapNotation(change.PncounterMap,
			(*replicatedv1.PNCounterMapDelta).GetUpdated, (*replicatedv1.PNCounterMapDelta).GetAdded,
			func(entry *replicatedv1.PNCounterMapEntryDelta) string { return fmt.Sprintf("%+d", entry.GetChange()) })
	case *replicatedv1.Delta_LwwregisterMap:
		return "lwwregister_map" + mapNotation(change.LwwregisterMap,
			(*replicatedv1.LWWRegisterMapDelta).GetUpdated, (*replicatedv1.LWWRegisterMapDelta).GetAdded,
			func(entry *replicatedv1.LWWRegisterMapEntryDelta) string {
				return registerNotation(entry.GetRegister())
			})
	case *replicatedv1.Delta_OrmultiMap:
		return "ormulti_map" + mapNotation(change.OrmultiMap,
			(*replicatedv1.ORMultiMapDelta).GetUpdated, (*replicatedv1.ORMultiMapDelta).GetAdded,
			func(entry *replicatedv1.ORMultiMapEntryDelta) string {
				if entry.GetSet() == nil {
					return "no set"
				}
				return "set" + setNotation(entry.GetSet())
			})
	default:
		return "no delta"
	}
}

func setNotation(set *replicatedv1.ORSetDelta) string {
	return clearedNotation(set.GetCleared()) + elements("-", set.GetRemoved()) + elements("+", set.GetAdded())
}

func voteNotation(vote *replicatedv1.VoteDelta) string {
	text := strconv.FormatBool(vote.GetSelfVote())
	if vote.GetVotesFor() != 0 || vote.GetTotalVoters() != 0 {
		text += fmt.Sprintf(", %d of %d", vote.GetVotesFor(), vote.GetTotalVoters())
	}
	return text
}

// mapDelta is what the deltas of maps have in common but their entries.
type mapDelta interface {
	GetCleared() bool
	GetRemoved() []*anypb.Any
}

// mapNotation is the notation of the change of a map: cleared, keys that are removed
// by a -, entries that are updated by a ~, and entries that are added by a +.
func mapNotation[D mapDelta, Entry interface{ GetKey() *anypb.Any }](
	delta D, updated, added func(D) []Entry, change func(Entry) string,
) string {
	changes := func(sign string, all []Entry) string {
		var parts []string
		for _, entry := range all {
			parts = append(parts, element(entry.GetKey())+": "+change(entry))
		}
		return unordered(sign, parts)
	}
	return clearedNotation(delta.GetCleared()) + elements("-", delta.GetRemoved()) +
		changes("~", updated(delta)) + changes("+", added(delta))
}

func clearedNotation(yes bool) string {
	if yes {
		return " cleared"
	}
	return ""
}

func elements(sign string, all []*anypb.Any) string {
	var parts []string
	for _, one := range all {
		parts = append(parts, element(one))
	}
	return unordered(sign, parts)
}

// unordered is the notation of a list that has no order; nothing where it is empty.
func unordered(sign string, parts []string) string {
	if len(parts) == 0 {
		return ""
	}
	slices.Sort(parts)
	return " " + sign + peer.List(parts)
}

// registerNotation is the notation of a write to a register: its value, and its clock
// unless that is the default.
func registerNotation(write *replicatedv1.LWWRegisterDelta) string {
	if write == nil {
		return "no register"
	}
	return element(write.GetValue()) + clockNotation(write.GetClock(), write.GetCustomClockValue())
}

// clockNotation is the notation of the clock of a write, led by a space; the time is
// read under the custom clocks alone.
func clockNotation(clock replicatedv1.Clock, custom int64) string {
	name := strings.TrimPrefix(clock.String(), "CLOCK_")
	switch clock {
	case replicatedv1.Clock_CLOCK_DEFAULT:
		return ""
	case replicatedv1.Clock_CLOCK_CUSTOM, replicatedv1.Clock_CLOCK_CUSTOM_AUTO_INCREMENT:
		return fmt.Sprintf(" %s %d", name, custom)
	default:
		return " " + name
	}
}

// stringType is the type URL of the elements, keys and values of the model.
const stringType = "p.cloudstate.io/string"

// element is the notation of an element, a key or a value: its text, quoted; of one
// that is not in the usual bytes, these and its type too.
func element(packed *anypb.Any) string {
	if packed == nil {
		return "nothing"
	}
	var text wrapperspb.StringValue // a string as field 1, as the scalars have it
	if packed.GetTypeUrl() == stringType && proto.Unmarshal(packed.GetValue(), &text) == nil &&
		bytes.Equal(packed.GetValue(), packString(text.GetValue()).GetValue()) {
		return peer.Quote(text.GetValue())
	}
	return fmt.Sprintf("%s of %s", peer.Named(packed.GetTypeUrl()), peer.Quote(string(packed.GetValue())))
}

// packString packs a text as the model packs elements, keys and values.
func packString(text string) *anypb.Any {
	raw := peer.Pack(wrapperspb.String(text)).GetValue() // the empty string is no bytes
	return &anypb.Any{TypeUrl: stringType, Value: raw}
}
