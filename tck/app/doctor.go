package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/doctor"
	"github.com/stateward/stateward/tck/report"
	"github.com/stateward/stateward/tck/subject"
)

// engineWithin is how long the Docker engine may take to answer.
const engineWithin = 2 * time.Second

func doctorCommand(io streams) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor [SUBJECT]",
		Short: "Say in ten seconds what is wrong with a subject, or around it",
		Long: `Looks at the surroundings first: is there a Docker engine, for image: subjects, and
has a run of the kit that was killed left processes, containers, networks or volumes
behind? Each is named with the command that removes it.

Given a SUBJECT, it then starts it, or reaches for it, and says whether it answers,
by which discovery (v1, Cloudstate 0.2, or both), which versions and capabilities it
announces, which entities and models it serves, and which mistakes its answer has.
It runs no other case: "tck function" does.

Exit codes: 0 nothing is wrong · 1 a mistake in the answer, or, without a SUBJECT,
something left behind · 3 the subject was never ready.`,
		Example: `  tck doctor
  tck doctor cmd:./my-model
  tck doctor addr:127.0.0.1:8080`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			if err := subject.OwnContainers(); err != nil {
				return &exit{code: ExitKit, err: err}
			}
			if len(args) == 0 {
				return surroundings(command.Context(), io, here)
			}
			spec, err := subject.Parse(args[0])
			if err != nil {
				return usage("%w", err)
			}
			_ = surroundings(command.Context(), io, here) // of no weight for the subject
			return examine(command.Context(), io, spec)
		},
	}
}

// rowf prints one line of what the doctor found, under its label.
func rowf(io streams, label, format string, args ...any) {
	fmt.Fprintf(io.out, "%-13s %s\n", label, fmt.Sprintf(format, args...))
}

// surrounding is where the kit looks around.
type surrounding struct {
	engine    func(context.Context) (version string, left []subject.Leftover, err error)
	processes func() []subject.Leftover
}

var here = surrounding{engine: subject.Engine, processes: subject.Processes}

// surroundings prints what the kit finds around itself. What is left behind is an
// error.
func surroundings(ctx context.Context, io streams, around surrounding) error {
	rowf(io, "kit", "%s, %s", about(), environment().GetPlatform())
	ctx, cancel := context.WithTimeout(ctx, engineWithin)
	defer cancel()
	version, left, err := around.engine(ctx)
	switch {
	case errors.Is(err, subject.ErrNoEngine):
		rowf(io, "docker", "no engine answers: image: subjects cannot be started, and whether containers are left behind is not known")
	case err != nil:
		rowf(io, "docker", "engine %s, which does not tell all: %v", version, err)
	default:
		rowf(io, "docker", "engine %s", version)
	}
	left = append(around.processes(), left...)
	for _, l := range left {
		rowf(io, "left behind", "%s", leftover(l))
	}
	if len(left) > 0 {
		return &exit{code: ExitFailed, err: errors.New("a run of the kit has left something behind")}
	}
	rowf(io, "left behind", "nothing")
	return nil
}

func leftover(l subject.Leftover) string {
	text := l.Kind + " " + l.Name
	if l.About != "" {
		text += " (" + l.About + ")"
	}
	if l.Owner != "" {
		text += " of " + l.Owner
	}
	return text + "; remove it: " + l.Removal()
}

// examine prints what the doctor finds of a subject.
func examine(ctx context.Context, io streams, spec subject.Spec) error {
	found, err := doctor.Examine(ctx, spec)
	if notReady, ok := errors.AsType[*subject.NotReadyError](err); ok {
		return &exit{code: ExitNeverReady, err: notReady}
	}
	if err != nil {
		return &exit{code: ExitKit, err: err}
	}
	rowf(io, "subject", "%s at %s, ready after %.2fs", spec, found.Address, found.Took.Seconds())
	for _, a := range found.Answers {
		if a.Response == nil {
			rowf(io, "discovery", "%s does not answer: %s", a.Service, a.Refusal)
			continue
		}
		info := a.Response.GetServiceInfo()
		rowf(io, "discovery", "%s answers, protocol %d.%d", a.Service, info.GetProtocolMajorVersion(), info.GetProtocolMinorVersion())
	}
	printAnswer(io, found.Best().Response)
	return printMistakes(io, spec, found)
}

func printAnswer(io streams, answer *discoveryv1.DiscoverResponse) {
	info := answer.GetServiceInfo()
	rowf(io, "service", "%s", named(info.GetServiceName(), info.GetServiceVersion()))
	rowf(io, "runtime", "%s", named(info.GetServiceRuntime(), ""))
	rowf(io, "library", "%s", named(info.GetSupportLibraryName(), info.GetSupportLibraryVersion()))
	var capabilities []string
	for _, c := range info.GetCapabilities() {
		capabilities = append(capabilities, strings.ToLower(strings.TrimPrefix(c.String(), "CAPABILITY_")))
	}
	rowf(io, "capabilities", "%s", listed(capabilities))
	models := 0
	for _, e := range doctor.Entities(answer) {
		note := ""
		if e.Model {
			models++
			note = "  a model of the kit"
		}
		rowf(io, "entity", "%-13s  %s%s", e.Kind, e.Service, note)
	}
	if models == 0 {
		rowf(io, "models", "none: only discovery can be measured (`tck protos` writes what to serve)")
	}
}

// named is a name with its version, as the subject gave them.
func named(name, version string) string {
	if text := strings.TrimSpace(name + " " + version); text != "" {
		return text
	}
	return "not said"
}

func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// printMistakes prints what is wrong with the answer to v1, and what to do next.
func printMistakes(io streams, spec subject.Spec, found *doctor.Diagnosis) error {
	if len(found.Checked) == 0 {
		rowf(io, "mistakes", "not looked for: this kit's checks are on %s", found.Answers[0].Service)
		return nil
	}
	mistakes := found.Mistakes()
	told := map[string]bool{}
	for _, r := range mistakes {
		what := fmt.Sprintf("%s (%s): expected %s, got %s", strings.Join(r.Case.Requirements, ", "), level(r.Case), r.Expected, r.Actual)
		if r.Reason != "" {
			what = "not checked: " + r.Reason
		}
		if !told[what] { // one cause, told once
			rowf(io, "mistake", "%s", what)
		}
		told[what] = true
	}
	if len(mistakes) > 0 {
		return &exit{code: ExitFailed, err: fmt.Errorf("%d of %d checks on discovery did not pass; `tck explain ID` says what each demands", len(mistakes), len(found.Checked))}
	}
	rowf(io, "mistakes", "none in %d checks on discovery", len(found.Checked))
	profiles := report.Function(spec.String(), found.Answers[0].Response).GetProfiles()
	rowf(io, "next", "tck function %s --profile %s", spec.Shell(), strings.Join(profiles, ","))
	return nil
}
