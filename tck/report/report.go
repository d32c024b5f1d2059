// Package report turns a run of the kit into evidence: a report that holds the
// verdict on every requirement, in a form that is published, and that anyone
// can verify.
package report

import (
	"cmp"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/stateward/stateward/protocol"
	"github.com/stateward/stateward/tck/cases"
	"github.com/stateward/stateward/tck/engine"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/known"
	"github.com/stateward/stateward/tck/requirement"
)

// Schema is the version of the report's form.
const Schema = "v1"

// Where the profiles came from that a subject is held to.
const (
	// Declared is the only one that is fit for a gate.
	Declared = "flag"
	// Discovered are those that the subject showed at discovery.
	Discovered = "discovered"
)

// Run is everything that a report is made of.
type Run struct {
	// Specification is what the subject was held against.
	Specification Specification
	// Subject is what was under test; its role chooses the requirements, and
	// its profiles are those that it is held to.
	Subject *tckv1.Subject
	// Kit is what ran.
	Kit *tckv1.Kit
	// Environment is where it ran.
	Environment *tckv1.Environment
	// Selection is what the run was narrowed to; nil when it was not.
	Selection *tckv1.Selection
	// Known is the list of known failures by which the results have been judged;
	// nil when there was none.
	Known known.List
	// Results are those of the engine, in any order.
	Results []engine.Result
	// Repro gives the command that runs just this case again; nil where there is none.
	Repro func(engine.Result) string
	// Trouble is why the run did not come to its end, as a sentence without its
	// full stop; empty when it did.
	Trouble string
}

// Specification is one set of requirements.
type Specification struct {
	// Protocol is the version of the protocol, such as "1.0".
	Protocol string
	// Digest names the set.
	Digest string
	// Requirements are those of every role, ordered by id.
	Requirements []protocol.Requirement
	// Plan says which of them the kit has no case for yet.
	Plan requirement.Plan
	// OfEntities are the ids that only stateful entities show, and which a function
	// without one is excused from.
	OfEntities map[string]bool
	// Cloudstate is what a function of Cloudstate 0.2 is held to in their place,
	// ordered by id.
	Cloudstate []protocol.Requirement
}

// Current is the specification that this kit was built with.
func Current() Specification {
	return Specification{
		Protocol:     protocol.Version,
		Digest:       protocol.Digest(),
		Requirements: requirement.All(),
		Plan:         requirement.Planned(),
		OfEntities:   requirement.OfEntities(cases.Function()),
		Cloudstate:   cases.CloudstateRequirements(),
	}
}

// New makes the report of a run. Nothing in the run is changed or kept.
func New(run Run) *tckv1.Report {
	r := &tckv1.Report{
		Schema: Schema,
		Specification: &tckv1.Specification{
			Protocol:           run.Specification.Protocol,
			RequirementsDigest: run.Specification.Digest,
		},
		Kit:           proto.CloneOf(run.Kit),
		Subject:       proto.CloneOf(run.Subject),
		Environment:   proto.CloneOf(run.Environment),
		Selection:     proto.CloneOf(run.Selection),
		KnownFailures: run.Known.Entries(),
	}
	for _, bound := range run.Specification.of(r.GetSubject()) {
		r.Requirements = append(r.Requirements, &tckv1.RequirementResult{
			Id:      bound.ID,
			Level:   bound.Level,
			Profile: bound.Profile,
			Cases:   casesOf(bound.ID, run),
		})
	}
	derive(r, run.Specification)
	if run.Trouble != "" {
		r.Reason = run.Trouble + "; " + r.GetReason()
	}
	r.Digest = digest(r)
	return r
}

// of returns what a subject is held to, in order: the requirements of its role, or, where
// it speaks the dialect of Cloudstate 0.2, what stands in their place.
func (s Specification) of(subject *tckv1.Subject) []protocol.Requirement {
	all := s.Requirements
	if speaksCloudstate(subject) {
		all = s.Cloudstate
	}
	return slices.DeleteFunc(slices.Clone(all), func(r protocol.Requirement) bool { return r.Role != subject.GetRole() })
}

// measurable returns the profiles that the subject can be certified in.
func (s Specification) measurable(subject *tckv1.Subject) []string {
	if speaksCloudstate(subject) {
		return []string{cases.CloudstateProfile}
	}
	return requirement.Set(s.Requirements).Measurable(subject.GetRole(), s.Plan)
}

// casesOf returns the results of the cases that cite a requirement, ordered by id.
func casesOf(id string, run Run) []*tckv1.CaseResult {
	var cases []*tckv1.CaseResult
	for _, result := range run.Results {
		if slices.Contains(result.Case.Requirements, id) {
			cases = append(cases, caseResult(result, run.Repro))
		}
	}
	slices.SortFunc(cases, func(a, b *tckv1.CaseResult) int { return cmp.Compare(a.GetId(), b.GetId()) })
	return cases
}
