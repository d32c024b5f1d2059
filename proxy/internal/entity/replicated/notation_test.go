package replicated_test

import (
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/known/anypb"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/crdt"
	"github.com/stateward/stateward/proxy/internal/entity/entitytest"
)

// A delta is written as its type, a colon and what it has: a number, true or false, a
// value; of a set "!" for cleared, "-a" for removed and "+a" for added; of a map the
// same, and "~k{…}" for updated and "+k{…}" for added, each with a delta. A register's
// clock follows its value, as in "tea^custom9".

// scanner reads a delta.
type scanner struct{ left string }

func parseDelta(text string) *replicatedv1.Delta {
	s := &scanner{text}
	delta := s.delta()
	if s.left != "" {
		panic(fmt.Sprintf("%q: what is %q?", text, s.left))
	}
	return delta
}

// word reads what stands before the next of the characters.
func (s *scanner) word(until string) string {
	at := strings.IndexAny(s.left, until)
	if at < 0 {
		at = len(s.left)
	}
	word := s.left[:at]
	s.left = s.left[at:]
	return word
}

func (s *scanner) takes(prefix string) bool {
	rest, is := strings.CutPrefix(s.left, prefix)
	s.left = rest
	return is
}

func (s *scanner) delta() *replicatedv1.Delta {
	name := s.word(":{}")
	s.takes(":")
	switch name {
	case "empty":
		return &replicatedv1.Delta{}
	case "gcounter":
		n, _ := strconv.ParseUint(s.word("}"), 10, 64)
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Gcounter{Gcounter: &replicatedv1.GCounterDelta{Increment: n}}}
	case "pncounter":
		n, _ := strconv.ParseInt(s.word("}"), 10, 64)
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Pncounter{Pncounter: &replicatedv1.PNCounterDelta{Change: n}}}
	case "gset":
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Gset{Gset: &replicatedv1.GSetDelta{Added: s.set().GetAdded()}}}
	case "orset":
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Orset{Orset: s.set()}}
	case "register":
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Lwwregister{Lwwregister: s.register()}}
	case "flag":
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Flag{Flag: &replicatedv1.FlagDelta{Value: s.word("}") == "true"}}}
	case "vote":
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Vote{Vote: &replicatedv1.VoteDelta{SelfVote: s.word("}") == "true"}}}
	case "ormap":
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Ormap{Ormap: s.ormap()}}
	case "pncounter_map":
		s.ormap()
		return &replicatedv1.Delta{Delta: &replicatedv1.Delta_PncounterMap{PncounterMap: &replicatedv1.PNCounterMapDelta{}}}
	default:
		panic(fmt.Sprintf("no type is called %q", name))
	}
}

func (s *scanner) register() *replicatedv1.LWWRegisterDelta {
	register := &replicatedv1.LWWRegisterDelta{Value: entitytest.Pack(s.word("}^"))}
	if s.takes("^custom") {
		register.Clock = replicatedv1.Clock_CLOCK_CUSTOM
		register.CustomClockValue, _ = strconv.ParseInt(s.word("}"), 10, 64)
	}
	return register
}

func (s *scanner) set() *replicatedv1.ORSetDelta {
	set := &replicatedv1.ORSetDelta{Cleared: s.takes("!")}
	for {
		switch {
		case s.takes("-"):
			set.Removed = append(set.Removed, entitytest.Pack(s.word("-+}")))
		case s.takes("+"):
			set.Added = append(set.Added, entitytest.Pack(s.word("-+}")))
		default:
			return set
		}
	}
}

func (s *scanner) ormap() *replicatedv1.ORMapDelta {
	m := &replicatedv1.ORMapDelta{Cleared: s.takes("!")}
	for {
		switch {
		case s.takes("-"):
			m.Removed = append(m.Removed, entitytest.Pack(s.word("-+~}")))
		case s.takes("~"):
			m.Updated = append(m.Updated, s.entry())
		case s.takes("+"):
			m.Added = append(m.Added, s.entry())
		default:
			return m
		}
	}
}

func (s *scanner) entry() *replicatedv1.ORMapEntryDelta {
	entry := &replicatedv1.ORMapEntryDelta{Key: entitytest.Pack(s.word("{"))}
	if s.takes("{}") {
		return entry
	}
	s.takes("{")
	entry.Delta = s.delta()
	s.takes("}")
	return entry
}

// printDelta writes a delta as parseDelta reads it; of a vote all that the proxy says.
func printDelta(delta *replicatedv1.Delta) string {
	switch d := delta.GetDelta().(type) {
	case *replicatedv1.Delta_Gcounter:
		return fmt.Sprintf("gcounter:%d", d.Gcounter.GetIncrement())
	case *replicatedv1.Delta_Pncounter:
		return fmt.Sprintf("pncounter:%d", d.Pncounter.GetChange())
	case *replicatedv1.Delta_Gset:
		return "gset:" + places("+", d.Gset.GetAdded())
	case *replicatedv1.Delta_Orset:
		return "orset:" + cleared(d.Orset.GetCleared()) + places("-", d.Orset.GetRemoved()) + places("+", d.Orset.GetAdded())
	case *replicatedv1.Delta_Lwwregister:
		return "register:" + entitytest.Unpack(d.Lwwregister.GetValue())
	case *replicatedv1.Delta_Flag:
		return fmt.Sprintf("flag:%t", d.Flag.GetValue())
	case *replicatedv1.Delta_Vote:
		return fmt.Sprintf("vote:%t,%d/%d", d.Vote.GetSelfVote(), d.Vote.GetVotesFor(), d.Vote.GetTotalVoters())
	case *replicatedv1.Delta_Ormap:
		m := d.Ormap
		return "ormap:" + cleared(m.GetCleared()) + places("-", m.GetRemoved()) + entries("~", m.GetUpdated()) + entries("+", m.GetAdded())
	case nil:
		return "absent"
	default:
		return crdt.TypeOf(delta).String()
	}
}

func cleared(all bool) string {
	if all {
		return "!"
	}
	return ""
}

func places(sign string, payloads []*anypb.Any) string {
	var text strings.Builder
	for _, payload := range payloads {
		text.WriteString(sign + entitytest.Unpack(payload))
	}
	return text.String()
}

func entries(sign string, all []*replicatedv1.ORMapEntryDelta) string {
	var text strings.Builder
	for _, entry := range all {
		text.WriteString(sign + entitytest.Unpack(entry.GetKey()) + "{" + printDelta(entry.GetDelta()) + "}")
	}
	return text.String()
}
