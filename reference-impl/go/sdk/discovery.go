package sdk

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"runtime"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

// The version of the protocol that this library speaks.
const (
	protocolMajor = 1
	protocolMinor = 0
)

// describe returns the one answer that the function gives to every Discover
// (DISC-CALL-001), or an error when the descriptors lack an import. The incarnation
// names this process (DISC-INC-004).
func describe(config Config, incarnation string) (*discoveryv1.DiscoverResponse, error) {
	set := &descriptorpb.FileDescriptorSet{}
	spec := &discoveryv1.DiscoverResponse{
		ServiceInfo: &discoveryv1.ServiceInfo{
			ServiceName:           config.Name,
			ServiceVersion:        config.Version,
			ServiceRuntime:        runtime.Version(),
			SupportLibraryName:    Name,
			SupportLibraryVersion: Version(),
			ProtocolMajorVersion:  protocolMajor,
			ProtocolMinorVersion:  protocolMinor,
			IncarnationId:         incarnation,
			Capabilities:          capabilities(),
		},
	}
	for _, entity := range config.Entities {
		spec.Entities = append(spec.Entities, entity.Describe())
		files := []protoreflect.FileDescriptor{entity.Service().ParentFile()}
		if stateful, is := entity.(keeper); is {
			files = append(files, stateful.Stored()...)
		}
		for _, file := range files {
			if err := addFile(set, file); err != nil {
				return nil, err
			}
		}
	}
	var err error
	if spec.Proto, err = (proto.MarshalOptions{Deterministic: true}).Marshal(set); err != nil {
		return nil, err
	}
	spec.ServiceInfo.SchemaFingerprint = fmt.Sprintf("%x", sha256.Sum256(spec.GetProto()))
	return spec, nil
}

// keeper is an entity that says which messages its state holds.
type keeper interface {
	Stored() []protoreflect.FileDescriptor
}

// addFile appends the file to the set, its imports first, each once (DISC-DESC-001).
//
// Source positions travel where the descriptor has them. Those that
// protoc-gen-go embeds in a program have none: an author who wants line numbers
// in the proxy's reports builds the descriptors with buf and reads them by
// protodesc.
func addFile(set *descriptorpb.FileDescriptorSet, file protoreflect.FileDescriptor) error {
	if file.IsPlaceholder() {
		return fmt.Errorf("%s: imported, but not linked into the program (DISC-DESC-001)", file.Path())
	}
	if slices.ContainsFunc(set.GetFile(), func(f *descriptorpb.FileDescriptorProto) bool { return f.GetName() == file.Path() }) {
		return nil
	}
	for i := range file.Imports().Len() {
		if err := addFile(set, file.Imports().Get(i).FileDescriptor); err != nil {
			return err
		}
	}
	set.File = append(set.File, protodesc.ToFileDescriptorProto(file))
	return nil
}

// discovery serves stateward.discovery.v1.DiscoveryService.
type discovery struct {
	discoveryv1.UnimplementedDiscoveryServiceServer

	spec *discoveryv1.DiscoverResponse
	log  *slog.Logger
}

// Discover gives the same answer whatever the proxy says of itself
// (DISC-CALL-005). What the proxy cannot call is logged: it will refuse it.
func (d *discovery) Discover(ctx context.Context, request *discoveryv1.DiscoverRequest) (*discoveryv1.DiscoverResponse, error) {
	announced(ctx, request)
	d.log.InfoContext(ctx, "discovered", "proxy", request.GetProxyName(), "version", request.GetProxyVersion(), "instance", request.GetInstanceId(),
		"protocol", fmt.Sprintf("%d.%d", request.GetProtocolMajorVersion(), request.GetProtocolMinorVersion()))
	for _, entity := range d.spec.GetEntities() {
		if !slices.Contains(request.GetSupportedEntityTypes(), entity.GetEntityType()) {
			d.log.WarnContext(ctx, "the proxy does not support this kind of entity (DISC-ENT-001)",
				"service", entity.GetServiceName(), "kind", entity.GetEntityType())
		}
	}
	return d.spec, nil
}

// ReportError writes what the proxy found wrong into the function's own log,
// where its author looks first (DISC-REPORT-001), as loud as it was meant
// (DISC-REPORT-005).
func (d *discovery) ReportError(ctx context.Context, report *discoveryv1.ReportErrorRequest) (*discoveryv1.ReportErrorResponse, error) {
	level := slog.LevelError
	if report.GetSeverity() == discoveryv1.Severity_SEVERITY_WARNING {
		level = slog.LevelWarn
	}
	places := make([]string, 0, len(report.GetSourceLocations()))
	for _, at := range report.GetSourceLocations() {
		places = append(places, fmt.Sprintf("%s:%d:%d %s", at.GetFile(), at.GetLine(), at.GetColumn(), at.GetSymbol()))
	}
	d.log.Log(ctx, level, "the proxy reports: "+report.GetMessage(), "code", report.GetCode(),
		"service", report.GetServiceName(), "entity", report.GetEntityId(), "command", report.GetCommandId(), "at", places)
	return &discoveryv1.ReportErrorResponse{}, nil
}
