package main

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/descriptorpb"

	annotationsv1 "github.com/stateward/stateward/protocol/gen/stateward/annotations/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
)

const (
	eventSourced = "stateward.eventsourced.v1.EventSourcedService"
	valueEntity  = "stateward.value.v1.ValueEntityService"
	replicatedBy = "stateward.replicated.v1.ReplicatedEntityService"
	anAction     = "stateward.action.v1.ActionService"
)

// proxyInfo is what a proxy of this version says.
func proxyInfo() *discoveryv1.DiscoverRequest {
	return &discoveryv1.DiscoverRequest{
		ProtocolMajorVersion: 1,
		ProxyName:            "a test",
		ProxyVersion:         "1.2.3",
		SupportedEntityTypes: []string{eventSourced},
		Limits:               &discoveryv1.ProxyLimits{MaxMessageBytes: 4 << 20},
		DevMode:              true,
		InstanceId:           "this one",
	}
}

func discover(t *testing.T, proxy *sdktest.Proxy, request *discoveryv1.DiscoverRequest) *discoveryv1.DiscoverResponse {
	t.Helper()
	ctx, _ := proxy.Context()
	response, err := discoveryv1.NewDiscoveryServiceClient(proxy.Conn).Discover(ctx, request)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// DISC-CALL-001, DISC-CALL-005, DISC-CAP-002, DISC-CAP-003.
func TestDiscoverAnswersTheSame(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, config())
	first := discover(t, proxy, proxyInfo())
	newer := proxyInfo()
	newer.ProtocolMinorVersion = 9
	newer.SupportedEntityTypes = append(newer.SupportedEntityTypes, "stateward.unheard.v9.OfService")
	newer.ProtoReflect().SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, 999, protowire.VarintType), 1))
	able, strangely := proxyInfo(), proxyInfo()
	for capability := range discoveryv1.Capability_name {
		able.Capabilities = append(able.Capabilities, discoveryv1.Capability(capability))
	}
	strangely.Capabilities = []discoveryv1.Capability{0, 4095, 2, 2}
	for name, request := range map[string]*discoveryv1.DiscoverRequest{
		"again": proxyInfo(), "from a newer proxy": newer, "from a proxy that says nothing": {},
		"of all capabilities": able, "of strange capabilities": strangely,
	} {
		if diff := gocmp.Diff(first, discover(t, proxy, request), protocmp.Transform()); diff != "" {
			t.Errorf("%s (-first +then):\n%s", name, diff)
		}
	}
	if !strings.Contains(proxy.Log(), "does not support this kind") {
		t.Error("a proxy that cannot call the entities goes unlogged")
	}
}

// DISC-ENT-001 to DISC-ENT-004.
func TestDiscoverEntities(t *testing.T) {
	t.Parallel()
	got := discover(t, sdktest.Start(t, config()), proxyInfo()).GetEntities()
	slices.SortFunc(got, func(a, b *discoveryv1.Entity) int { return cmp.Compare(a.GetServiceName(), b.GetServiceName()) })
	hundred := &discoveryv1.PassivationStrategy{Strategy: &discoveryv1.PassivationStrategy_Timeout{
		Timeout: &discoveryv1.TimeoutPassivationStrategy{Timeout: 100},
	}}
	want := []*discoveryv1.Entity{
		{EntityType: anAction, ServiceName: actionModel},
		{EntityType: anAction, ServiceName: actionTwo},
		{
			EntityType: eventSourced, ServiceName: "stateward.tck.eventsourced.v1.EventSourcedConfiguredService",
			PersistenceId: "event-sourced-configured", PassivationStrategy: hundred,
		},
		{EntityType: eventSourced, ServiceName: modelService, PersistenceId: "event-sourced-tck-model"},
		{EntityType: eventSourced, ServiceName: twoService, PersistenceId: "event-sourced-tck-model-two"},
		{
			EntityType: replicatedBy, ServiceName: "stateward.tck.replicated.v1.ReplicatedConfiguredService",
			PersistenceId: "replicated-configured", PassivationStrategy: hundred,
		},
		{EntityType: replicatedBy, ServiceName: replicatedModel, PersistenceId: "replicated-tck-model"},
		{EntityType: replicatedBy, ServiceName: replicatedTwo, PersistenceId: "replicated-tck-model-two"},
		{
			EntityType: valueEntity, ServiceName: "stateward.tck.value.v1.ValueEntityConfiguredService",
			PersistenceId: "value-entity-configured", PassivationStrategy: hundred,
		},
		{EntityType: valueEntity, ServiceName: valueModel, PersistenceId: "value-entity-tck-model"},
		{EntityType: valueEntity, ServiceName: valueTwo, PersistenceId: "value-entity-tck-model-two"},
	}
	if diff := gocmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("entities (-want +got):\n%s", diff)
	}
}

// DISC-INFO-001, DISC-INFO-002; CORE-LIMIT-006 and CORE-LIMIT-007, for it says nothing of
// the messages that it takes, which are those of CORE-LIMIT-001.
func TestDiscoverServiceInfo(t *testing.T) {
	t.Parallel()
	spec := discover(t, sdktest.Start(t, config()), proxyInfo())
	got := spec.GetServiceInfo()
	want := &discoveryv1.ServiceInfo{
		ServiceName:           "stateward-go-model",
		ServiceVersion:        sdk.Version(),
		ServiceRuntime:        runtime.Version(),
		SupportLibraryName:    "stateward-go",
		SupportLibraryVersion: sdk.Version(),
		ProtocolMajorVersion:  1,
		Capabilities: []discoveryv1.Capability{
			discoveryv1.Capability_CAPABILITY_CANCEL,
			discoveryv1.Capability_CAPABILITY_PASSIVATION_NOTICE,
			discoveryv1.Capability_CAPABILITY_LIFECYCLE,
			discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS,
			discoveryv1.Capability_CAPABILITY_EVENT_METADATA,
			discoveryv1.Capability_CAPABILITY_SNAPSHOT_REQUEST,
			discoveryv1.Capability_CAPABILITY_EVENT_SOURCED_DELETE,
			discoveryv1.Capability_CAPABILITY_REPLICATED_MAPS,
			discoveryv1.Capability_CAPABILITY_MULTIPLEXED_STREAM,
		},
		SchemaFingerprint: fmt.Sprintf("%x", sha256.Sum256(spec.GetProto())),
	}
	if diff := gocmp.Diff(want, got, protocmp.Transform(), protocmp.IgnoreFields(got, "incarnation_id")); diff != "" {
		t.Errorf("service info (-want +got):\n%s", diff)
	}
}

// DISC-INC-004, DISC-DRIFT-001: another process has another name, and the schema is
// called the same as long as it is the same.
func TestDiscoverNames(t *testing.T) {
	t.Parallel()
	whole := discover(t, sdktest.Start(t, config()), proxyInfo()).GetServiceInfo()
	again := discover(t, sdktest.Start(t, config()), proxyInfo()).GetServiceInfo()
	if id := whole.GetIncarnationId(); id == "" || len(id) > 128 || id == again.GetIncarnationId() {
		t.Errorf("two processes are called %q and %q", id, again.GetIncarnationId())
	}
	if whole.GetSchemaFingerprint() != again.GetSchemaFingerprint() {
		t.Errorf("one schema has the fingerprints %q and %q", whole.GetSchemaFingerprint(), again.GetSchemaFingerprint())
	}
}

// DISC-DESC-001, DISC-DESC-002, DISC-METHOD-001, DISC-KEY-001. NewFiles links every file: it
// fails where an import is not there.
func TestDiscoverDescriptors(t *testing.T) {
	t.Parallel()
	spec := discover(t, sdktest.Start(t, config()), proxyInfo())
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(spec.GetProto(), set); err != nil {
		t.Fatal(err)
	}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		t.Fatal(err)
	}
	for _, entity := range spec.GetEntities() {
		descriptor, err := files.FindDescriptorByName(protoreflect.FullName(entity.GetServiceName()))
		if err != nil {
			t.Errorf("%s: %v", entity.GetServiceName(), err)
			continue
		}
		if entity.GetEntityType() == anAction {
			continue // any shape, any input
		}
		methods := descriptor.(protoreflect.ServiceDescriptor).Methods()
		for i := range methods.Len() {
			streamsOut := methods.Get(i).IsStreamingServer() && entity.GetEntityType() != replicatedBy
			if method := methods.Get(i); method.IsStreamingClient() || streamsOut {
				t.Errorf("%s streams", method.FullName())
			}
			checkKey(t, methods.Get(i).Input())
		}
	}
}

func checkKey(t *testing.T, input protoreflect.MessageDescriptor) {
	t.Helper()
	keys := 0
	for i := range input.Fields().Len() {
		field := input.Fields().Get(i)
		if !proto.GetExtension(field.Options(), annotationsv1.E_EntityKey).(bool) {
			continue
		}
		keys++
		if field.Kind() != protoreflect.StringKind || field.IsList() {
			t.Errorf("%s is not a singular string", field.FullName())
		}
	}
	if keys != 1 {
		t.Errorf("%s has %d keys", input.FullName(), keys)
	}
}

// DISC-REPORT-001, DISC-REPORT-005.
func TestReportError(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, config())
	client := discoveryv1.NewDiscoveryServiceClient(proxy.Conn)
	ctx, _ := proxy.Context()
	for severity, level := range map[discoveryv1.Severity]string{
		discoveryv1.Severity_SEVERITY_UNSPECIFIED: "level=ERROR",
		discoveryv1.Severity_SEVERITY_WARNING:     "level=WARN",
		discoveryv1.Severity_SEVERITY_ERROR:       "level=ERROR",
	} {
		got, err := client.ReportError(ctx, &discoveryv1.ReportErrorRequest{
			Message: "two keys in " + severity.String(), Code: "DISC-KEY-001", Severity: severity,
			ServiceName: "a.Service", EntityId: "an entity", CommandId: 7,
			SourceLocations: []*discoveryv1.SourceLocation{{File: "a.proto", Line: 3, Column: 5, Symbol: "a.Message.id"}},
		})
		if err != nil || !proto.Equal(got, &discoveryv1.ReportErrorResponse{}) {
			t.Errorf("%v, %v", got, err)
		}
		checkReported(t, proxy.Log(), "two keys in "+severity.String(), level, "code=DISC-KEY-001", "service=a.Service",
			`entity="an entity"`, "command=7", "a.proto:3:5 a.Message.id")
	}
	discover(t, proxy, proxyInfo()) // it serves on
}

// checkReported looks for the record that holds the text, and in it for the words.
func checkReported(t *testing.T, log, text string, words ...string) {
	t.Helper()
	for record := range strings.Lines(log) {
		if !strings.Contains(record, text) {
			continue
		}
		for _, word := range words {
			if !strings.Contains(record, word) {
				t.Errorf("%q lacks %q", record, word)
			}
		}
		return
	}
	t.Errorf("nothing logged for %q", text)
}
