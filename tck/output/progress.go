package output

import (
	"fmt"
	"strings"

	"github.com/stateward/stateward/tck/engine"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report"
)

// Waiting shows on the live line what is being waited for.
func (p *Printer) Waiting(what string) { p.show(p.paint(dim, what)) }

// Note prints a line of its own.
func (p *Printer) Note(text string) { p.printf("%s\n", text) }

// Remark prints a line that the result does not need.
func (p *Printer) Remark(text string) {
	if !p.config.Quiet {
		p.Note(text)
	}
}

// Heading says what runs against what, before it runs.
func (p *Printer) Heading(r *tckv1.Report, address string) {
	if p.config.Quiet {
		return
	}
	subject := r.GetSubject()
	p.printf("%s %s against %s at %s%s\n", p.paint(bold, "tck "+r.GetKit().GetVersion()),
		subject.GetRole(), subject.GetAttached(), address, about(subject.GetServiceInfo()))
	from := "declared"
	if subject.GetProfilesFrom() == report.Discovered {
		from = "as discovered; a gate declares them: --profile " + strings.Join(subject.GetProfiles(), ",")
	}
	p.printf("protocol %s · profiles %s (%s) · seed %d\n", r.GetSpecification().GetProtocol(),
		strings.Join(subject.GetProfiles(), ", "), from, r.GetKit().GetSeed())
	if beyond := r.GetUnmeasuredProfiles(); len(beyond) > 0 {
		p.printf("shown at discovery, and not measured by this kit yet: %s\n", strings.Join(beyond, ", "))
	}
	p.printf("\n")
}

func about(info *tckv1.ServiceInfo) string {
	var parts []string
	for _, pair := range [][2]string{
		{info.GetServiceRuntime(), ""},
		{info.GetSupportLibraryName(), info.GetSupportLibraryVersion()},
	} {
		if part := strings.TrimSpace(pair[0] + " " + pair[1]); part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// Progress returns a function that shows each result on the live line. It is
// called from one goroutine at a time.
func (p *Printer) Progress(total int) func(engine.Result) {
	done, failed := 0, 0
	return func(result engine.Result) {
		done++
		if result.Verdict == tckv1.Verdict_VERDICT_FAIL || result.Verdict == tckv1.Verdict_VERDICT_FLAKY {
			failed++
		}
		p.show(fmt.Sprintf("%d of %d, %d failed  %s", done, total, failed, result.Case.ID))
	}
}
