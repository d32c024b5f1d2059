package descriptor

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

// The requirements that an answer to Discover can break.
const (
	fileRequirement        = "DISC-DESC-001"
	serviceRequirement     = "DISC-DESC-002"
	keyRequirement         = "DISC-KEY-001"
	compositeRequirement   = "DISC-KEY-003"
	countRequirement       = "DISC-KEY-004"
	shapeRequirement       = "DISC-METHOD-001"
	typeRequirement        = "DISC-ENT-001"
	persistenceRequirement = "DISC-ENT-002"
	listRequirement        = "DISC-ENT-003"
	timeoutRequirement     = "DISC-ENT-004"
	kindRequirement        = "DISC-KIND-001"
	versionRequirement     = "DISC-INFO-001"
	oldestRequirement      = "DISC-VER-002"
	rangeRequirement       = "DISC-VER-003"
	sizeRequirement        = "CORE-LIMIT-006"
	incarnationRequirement = "DISC-INC-005"
	unnamedRequirement     = "LIFE-WATCH-010"
	driftRequirement       = "DISC-DRIFT-001"
	fingerprintRequirement = "DISC-DRIFT-004"
	aliasRequirement       = "DISC-ALIAS-001"
	unusedAliasRequirement = "DISC-ALIAS-004"
	optionRequirement      = "DISC-OPT-002"
	eventingRequirement    = "EVT-DISC-001"
	patternRequirement     = "HTTP-RULE-004"
	variableRequirement    = "HTTP-RULE-005"
	bodyRequirement        = "HTTP-RULE-006"
	responseRequirement    = "HTTP-RULE-007"
	nestedRequirement      = "HTTP-RULE-008"
	routeRequirement       = "HTTP-RULE-009"

	// Those that Cloudstate 0.2 has in their place.
	cloudstateKeyRequirement      = "DIA-KEY-002"
	cloudstateRequirement         = "DIA-VERSION-002"
	unversionedRequirement        = "DIA-VERSION-003"
	cloudstateEventingRequirement = "DIA-DISC-007"
)

// Mistake is one thing in an answer to Discover that breaks a requirement, or that
// the proxy cannot do.
type Mistake struct {
	// Severity is that of a report: a warning refuses nothing.
	Severity discoveryv1.Severity
	// Untold says that the proxy's log alone names it: the function gets no report.
	Untold bool
	// Requirement is the id of the sentence that was broken.
	Requirement string
	// Text says what is wrong and what to do about it, for a person.
	Text string
	// Service is the full name of the service concerned; empty when none is.
	Service string
	// Places are where the mistake stands in the function's protos, the
	// nearest first; empty when it is not in them.
	Places []Place
}

// Place is somewhere in a proto file.
type Place struct {
	// File is the name that the descriptor set gives the file.
	File string
	// Line and Column count from 1; both are 0 when the descriptors carry no
	// source positions.
	Line, Column int
	// Symbol is the full name of what stands there; empty for an import.
	Symbol string
}

// Unread is the mistake of an answer that the proxy could not even read, for this
// reason (DISC-CALL-010).
func Unread(reason error) Mistake {
	return Mistake{
		Severity: discoveryv1.Severity_SEVERITY_ERROR, Requirement: fileRequirement,
		Text: fmt.Sprintf("the answer to Discover cannot be read (%v): %s", reason, howToBuild),
	}
}

// Refuses reports whether an answer with these mistakes is refused.
func Refuses(mistakes []Mistake) bool {
	return slices.ContainsFunc(mistakes, func(m Mistake) bool { return m.Severity != discoveryv1.Severity_SEVERITY_WARNING })
}

// String returns the mistake in one line: id, text, and the nearest place.
func (m Mistake) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", m.Requirement, m.Text)
	if len(m.Places) > 0 {
		fmt.Fprintf(&b, " (%s)", m.Places[0])
	}
	return b.String()
}

// String returns "file:line:column", less what is not known.
func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Report returns the mistake as it is told to the function.
func (m Mistake) Report() *discoveryv1.ReportErrorRequest {
	report := &discoveryv1.ReportErrorRequest{
		Message:     m.Text,
		Code:        m.Requirement,
		Severity:    m.Severity,
		ServiceName: m.Service,
	}
	for _, p := range m.Places {
		report.SourceLocations = append(report.SourceLocations, &discoveryv1.SourceLocation{
			File:   p.File,
			Line:   int32(p.Line),
			Column: int32(p.Column),
			Symbol: p.Symbol,
		})
	}
	return report
}

// placeOf returns where the descriptor is declared.
func placeOf(d protoreflect.Descriptor) Place {
	place := Place{File: d.ParentFile().Path(), Symbol: string(d.FullName())}
	source := d.ParentFile().SourceLocations().ByDescriptor(d)
	if source.Path != nil { // the zero location: none is known
		place.Line, place.Column = source.StartLine+1, source.StartColumn+1
	}
	return place
}

// placesOf returns where each of the descriptors is declared.
func placesOf(declared ...protoreflect.Descriptor) []Place {
	places := make([]Place, len(declared))
	for i, d := range declared {
		places[i] = placeOf(d)
	}
	return places
}

// placeOfImport returns where the file's import with the index stands. The file
// cannot be built without the import, so its positions are read undigested.
func placeOfImport(file *descriptorpb.FileDescriptorProto, index int) Place {
	const dependencyField = 3 // of FileDescriptorProto
	place := Place{File: file.GetName()}
	for _, source := range file.GetSourceCodeInfo().GetLocation() {
		path, span := source.GetPath(), source.GetSpan()
		if len(path) == 2 && path[0] == dependencyField && path[1] == int32(index) && len(span) >= 3 {
			place.Line, place.Column = int(span[0])+1, int(span[1])+1
			break
		}
	}
	return place
}
