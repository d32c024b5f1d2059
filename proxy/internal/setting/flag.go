package setting

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// Flags returns flags for the settings with the names, or for all when none is
// given. A flag only notes its text: what is wrong with it comes to light in
// [Set.Load], with everything else.
func (s *Set) Flags(names ...string) *pflag.FlagSet {
	return s.flagSet(func(t *Setting) bool { return len(names) == 0 || slices.Contains(names, t.Name) })
}

// Groups returns the headings in order, each with the flags under it that are
// among those given.
func (s *Set) Groups(among *pflag.FlagSet) (titles []string, flags []*pflag.FlagSet) {
	for _, t := range s.settings {
		if slices.Contains(titles, t.Group) {
			continue
		}
		group := s.flagSet(func(other *Setting) bool { return other.Group == t.Group && among.Lookup(other.Name) != nil })
		if group.HasFlags() {
			titles, flags = append(titles, t.Group), append(flags, group)
		}
	}
	return titles, flags
}

func (s *Set) flagSet(wanted func(*Setting) bool) *pflag.FlagSet {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.SortFlags = false
	for _, t := range s.settings {
		if wanted(t) {
			flags.VarP((*noted)(t), t.Name, "", t.Help)
			if t.Kind == Bool().Name {
				flags.Lookup(t.Name).NoOptDefVal = "true"
			}
		}
	}
	return flags
}

// noted is a setting as a flag.
type noted Setting

// Set notes the text; of a setting with one value the last counts, as people
// expect of flags.
func (n *noted) Set(text string) error {
	if n.shape == single {
		n.flags = nil
	}
	n.flags = append(n.flags, text)
	return nil
}

// String returns the value in force.
func (n *noted) String() string { return (*Setting)(n).Value() }

// Type names the kind of value in the help.
func (n *noted) Type() string { return n.Kind }

// UnknownFlags makes of the error about a flag that does not exist one that
// names every such flag among the arguments, each with the nearest that exists.
// Other errors stay as they are.
func UnknownFlags(err error, args []string, flags *pflag.FlagSet) error {
	var missing *pflag.NotExistError
	if !errors.As(err, &missing) || missing.GetSpecifiedShortnames() != "" {
		return err
	}
	var known []string
	flags.VisitAll(func(flag *pflag.Flag) { known = append(known, flag.Name) })
	var all []error
	for _, arg := range args {
		if arg == "--" {
			break
		}
		name, isFlag := strings.CutPrefix(arg, "--")
		name, _, _ = strings.Cut(name, "=")
		if isFlag && !slices.Contains(known, name) {
			all = append(all, unknownFlag(name, known))
		}
	}
	if all == nil {
		return unknownFlag(missing.GetSpecifiedName(), known)
	}
	return errors.Join(all...)
}

func unknownFlag(name string, known []string) error {
	text := "unknown flag: --" + name
	if word := Nearest(name, known); word != "" {
		text += fmt.Sprintf("; did you mean --%s?", word)
	}
	return errors.New(text)
}
