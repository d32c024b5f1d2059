// Package discovery holds the cases on the first words between a proxy and a
// user function: what the function says it serves, and that it says so always.
package discovery

import (
	"cmp"
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/kind"
	"github.com/stateward/stateward/tck/peer"
)

// EventSourced is the entity type of event sourced entities.
var EventSourced = eventsourcedv1.EventSourcedService_ServiceDesc.ServiceName

// Gate returns the case that has to pass before any other tells anything.
func Gate() *engine.Case {
	return &engine.Case{
		ID:           "discovery/call/answers",
		Requirements: []string{"DISC-CALL-001"},
		Profile:      "core",
		Script: []engine.Step{
			Ask(),
			Expect("an answer that lists an entity", nothingListed),
		},
	}
}

// Cases returns the cases on discovery. They are of profile core, or of that of a
// capability.
func Cases() []engine.Case {
	all := slices.Concat(calls(), oracles(), capabilities())
	for i := range all {
		all[i].Profile = cmp.Or(all[i].Profile, "core")
		all[i].Needs = Gate()
	}
	return append([]engine.Case{*Gate()}, all...)
}

// calls are the cases on Discover and ReportError themselves.
func calls() []engine.Case {
	return []engine.Case{
		{
			ID:           "discovery/info/incarnation",
			Requirements: []string{"DISC-INC-004"},
			Level:        engine.Should,
			Newer:        true,
			Script: []engine.Step{
				Ask(), Announce(),
				sameIncarnation{},
				Expect("an incarnation_id", func(r *discoveryv1.DiscoverResponse) string {
					if r.GetServiceInfo().GetIncarnationId() == "" {
						return "it is empty"
					}
					return ""
				}),
			},
		},
		{
			ID:           "discovery/call/same-answer-again",
			Requirements: []string{"DISC-CALL-001"},
			Script:       []engine.Step{Ask(), Ask(), Ask(), same{}},
		},
		{
			ID:           "discovery/call/higher-minor-version",
			Requirements: []string{"DISC-CALL-005"},
			Script:       []engine.Step{Ask(), ask{later(), "as a later proxy asks"}, same{}},
		},
		{
			ID:           "discovery/call/nothing-new",
			Requirements: []string{"DISC-CALL-005"},
			Script:       []engine.Step{Ask(), ask{peer.OldQuestion(), "without limits, developer mode and instance id"}, same{}},
		},
		{
			ID:           "discovery/call/unknown-fields",
			Requirements: []string{"DISC-CALL-005"},
			Script:       []engine.Step{Ask(), ask{unknownFields(), "with unknown fields"}, same{}},
		},
		{
			ID:           "discovery/call/unknown-entity-types",
			Requirements: []string{"DISC-CALL-005"},
			Script:       []engine.Step{Ask(), ask{unknownTypes(), "with unknown entity types"}, same{}},
		},
		{
			ID:           "discovery/report/answered",
			Requirements: []string{"DISC-REPORT-001"},
			Script:       []engine.Step{Ask(), report{mistake()}, report{mistake()}, Ask(), same{}},
		},
	}
}

func later() *discoveryv1.DiscoverRequest {
	r := peer.Question()
	r.ProtocolMinorVersion = 99
	return r
}

func unknownFields() *discoveryv1.DiscoverRequest {
	r := peer.Question()
	raw := protowire.AppendTag(nil, 1000, protowire.BytesType)
	r.ProtoReflect().SetUnknown(protowire.AppendString(raw, "from a later version"))
	return r
}

func unknownTypes() *discoveryv1.DiscoverRequest {
	r := peer.Question()
	r.SupportedEntityTypes = append(r.SupportedEntityTypes, "stateward.unheardof.v9.UnheardOfService")
	return r
}

// mistake is a report with every field set.
func mistake() *discoveryv1.ReportErrorRequest {
	return &discoveryv1.ReportErrorRequest{
		Message:     "this report is a test of the conformance kit; nothing is wrong",
		Code:        "DISC-REPORT-001",
		Severity:    discoveryv1.Severity_SEVERITY_WARNING,
		ServiceName: "stateward.tck",
		EntityId:    "none",
		CommandId:   1,
		SourceLocations: []*discoveryv1.SourceLocation{
			{File: "none.proto", Line: 1, Column: 1, Symbol: "stateward.tck.None"},
		},
	}
}

// oracles are the cases that hold one answer against one sentence each.
func oracles() []engine.Case {
	var cases []engine.Case
	for _, o := range sentences() {
		cases = append(cases, engine.Case{
			ID:           o.id,
			Requirements: []string{o.requirement},
			Level:        o.level,
			Newer:        slices.Contains(newer, o.requirement),
			Script:       []engine.Step{Ask(), Expect(o.sentence, o.breach)},
		})
	}
	return cases
}

// newer are the sentences on what a function of Cloudstate 0.2 has no field for, or says
// otherwise.
var newer = []string{"DISC-INFO-001", "DISC-DRIFT-001", "CORE-LIMIT-006"}

// oracle holds an answer against one sentence.
type oracle struct {
	id, requirement string
	level           engine.Level
	sentence        string
	breach          func(*discoveryv1.DiscoverResponse) string
}

func sentences() []oracle {
	const must, should = engine.Must, engine.Should
	return []oracle{
		{"discovery/descriptors/closed", "DISC-DESC-001", must, "descriptors that hold every import", openImports},
		{"discovery/descriptors/services", "DISC-DESC-002", must, "every service_name is a service in proto", unknownServices},
		{"discovery/descriptors/entity-keys", "DISC-KEY-001", must, "one entity key in each input", badKeys},
		{"discovery/descriptors/no-streams", "DISC-METHOD-001", must, "methods of one request and one response", streamingMethods},
		{"discovery/entities/types", "DISC-ENT-001", must, "only entity types that the proxy supports", foreignTypes},
		{"discovery/entities/persistence-ids", "DISC-ENT-002", must, "a persistence id of its own for each entity", badPersistenceIDs},
		{"discovery/entities/listed-once", "DISC-ENT-003", must, "each service once", repeatedServices},
		{"discovery/entities/timeouts", "DISC-ENT-004", must, "passivation timeouts greater than 0", badTimeouts},
		{"discovery/info/version", "DISC-INFO-001", must, "protocol_major_version 1", wrongVersion},
		{"discovery/info/largest-message", "CORE-LIMIT-006", must, "max_message_bytes 0, or at least 4194304", smallMessages},
		{"discovery/info/fingerprint", "DISC-DRIFT-001", should, "a schema_fingerprint", missingFingerprint},
		{"discovery/info/names", "DISC-INFO-002", should, "names of service, runtime and support library", missingNames},
	}
}

func missingFingerprint(r *discoveryv1.DiscoverResponse) string {
	if r.GetServiceInfo().GetSchemaFingerprint() == "" {
		return "it is empty"
	}
	return ""
}

func nothingListed(r *discoveryv1.DiscoverResponse) string {
	if len(r.GetEntities()) == 0 {
		return "none is listed"
	}
	return ""
}

func foreignTypes(r *discoveryv1.DiscoverResponse) string {
	for _, entity := range r.GetEntities() {
		if _, known := kind.Of(entity.GetEntityType()); !known {
			return fmt.Sprintf("%s is of type %q", entity.GetServiceName(), entity.GetEntityType())
		}
	}
	return ""
}

func badPersistenceIDs(r *discoveryv1.DiscoverResponse) string {
	owner := map[string]string{}
	for _, entity := range r.GetEntities() {
		id, name := entity.GetPersistenceId(), entity.GetServiceName()
		switch other, taken := owner[id]; {
		case !stateful(entity):
			continue
		case id == "":
			return name + " has no persistence id"
		case taken:
			return fmt.Sprintf("%s and %s have the persistence id %q", other, name, id)
		}
		owner[id] = name
	}
	return ""
}

func repeatedServices(r *discoveryv1.DiscoverResponse) string {
	seen := map[string]bool{}
	for _, entity := range r.GetEntities() {
		if seen[entity.GetServiceName()] {
			return entity.GetServiceName() + " is listed twice"
		}
		seen[entity.GetServiceName()] = true
	}
	return ""
}

func badTimeouts(r *discoveryv1.DiscoverResponse) string {
	for _, entity := range r.GetEntities() {
		timeout := entity.GetPassivationStrategy().GetTimeout()
		if stateful(entity) && timeout != nil && timeout.GetTimeout() <= 0 {
			return fmt.Sprintf("%s has a timeout of %d ms", entity.GetServiceName(), timeout.GetTimeout())
		}
	}
	return ""
}

func wrongVersion(r *discoveryv1.DiscoverResponse) string {
	if major := r.GetServiceInfo().GetProtocolMajorVersion(); major != 1 {
		return fmt.Sprintf("protocol_major_version %d", major)
	}
	return ""
}

func smallMessages(r *discoveryv1.DiscoverResponse) string {
	if size := r.GetServiceInfo().GetMaxMessageBytes(); size != 0 && size < 4<<20 {
		return fmt.Sprintf("max_message_bytes %d", size)
	}
	return ""
}

func missingNames(r *discoveryv1.DiscoverResponse) string {
	info := r.GetServiceInfo()
	switch "" {
	case info.GetServiceName():
		return "no service_name"
	case info.GetServiceRuntime():
		return "no service_runtime"
	case info.GetSupportLibraryName():
		return "no support_library_name"
	case info.GetSupportLibraryVersion():
		return "no support_library_version"
	default:
		return ""
	}
}

// stateful reports whether an entity of this kind keeps a state.
func stateful(entity *discoveryv1.Entity) bool {
	of, _ := kind.Of(entity.GetEntityType())
	return of.Stateful
}
