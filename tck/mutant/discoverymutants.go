package mutant

import (
	"strconv"
	"strings"
	"sync/atomic"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/tck/kind"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// discoveryMutants say something wrong before the first stream.
func discoveryMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "changes-its-answer", KilledBy: "DISC-CALL-001", Message: "answer 2 differs",
			MayAlsoFail: []string{"discovery/call/", "discovery/report/", "discovery/capabilities/"},
			Defect:      changing(strconv.Itoa),
		},
		{
			Name: "changes-its-first-answer", KilledBy: "DISC-CALL-001", Message: "answer 2 differs",
			MayAlsoFail: []string{"discovery/call/", "discovery/report/", "discovery/capabilities/"},
			Defect: changing(func(call int) string {
				if call == 1 {
					return "starting"
				}
				return "started"
			}),
		},
		{
			Name: "answers-what-it-was-asked", KilledBy: "DISC-CALL-005", Message: "answer 3 differs",
			Defect: defect.Discovering(func(in *discoveryv1.DiscoverRequest, answer *discoveryv1.DiscoverResponse) error {
				answer.ServiceInfo.ProtocolMinorVersion = min(in.GetProtocolMinorVersion(), 1)
				return nil
			}),
		},
		{
			Name: "names-itself-by-developer-mode", KilledBy: "DISC-CALL-005", Message: "answer 3 differs",
			Defect: defect.Discovering(func(in *discoveryv1.DiscoverRequest, answer *discoveryv1.DiscoverResponse) error {
				if in.GetDevMode() {
					answer.ServiceInfo.ServiceName += " (development)"
				}
				return nil
			}),
		},
		{
			Name: "refuses-unknown-fields-in-discover", KilledBy: "DISC-CALL-005", Message: "what is this",
			Defect: defect.Discovering(func(in *discoveryv1.DiscoverRequest, _ *discoveryv1.DiscoverResponse) error {
				if len(in.ProtoReflect().GetUnknown()) > 0 {
					return status.Error(codes.InvalidArgument, "what is this")
				}
				return nil
			}),
		},
		{
			Name: "refuses-unknown-entity-types", KilledBy: "DISC-CALL-005", Message: "no such kind",
			Defect: defect.Discovering(func(in *discoveryv1.DiscoverRequest, _ *discoveryv1.DiscoverResponse) error {
				if len(in.GetSupportedEntityTypes()) > len(kind.Types()) {
					return status.Error(codes.InvalidArgument, "no such kind")
				}
				return nil
			}),
		},
		{
			Name: "refuses-later-proxies", KilledBy: "DISC-CALL-005", Message: "Unimplemented",
			Defect: defect.Discovering(func(in *discoveryv1.DiscoverRequest, _ *discoveryv1.DiscoverResponse) error {
				if in.GetProtocolMinorVersion() > 0 {
					return status.Error(codes.Unimplemented, "this proxy is too new")
				}
				return nil
			}),
		},
		{
			Name: "refuses-reports", KilledBy: "DISC-REPORT-001", Message: "Unimplemented",
			Defect: func() defect.Instance {
				return defect.Instance{Report: func() error { return status.Error(codes.Unimplemented, "no reports, please") }}
			},
		},
		{
			Name: "lacks-an-import", MayAlsoFail: []string{"http/rules/"}, KilledBy: "DISC-DESC-001", Message: "google/api/http.proto, which is missing",
			Defect: describing(func(set *descriptorpb.FileDescriptorSet) {
				var kept []*descriptorpb.FileDescriptorProto
				for _, file := range set.GetFile() {
					if file.GetName() != "google/api/http.proto" {
						kept = append(kept, file)
					}
				}
				set.File = kept
			}),
		},
		{
			Name: "describes-two-files-of-one-name", KilledBy: "DISC-DESC-001", Message: "two different files named google/api/http.proto",
			MayAlsoFail: []string{"discovery/descriptors/", "discovery/capabilities/", "http/rules/"},
			Defect: describing(func(set *descriptorpb.FileDescriptorSet) {
				for _, file := range set.GetFile() {
					if file.GetName() == "google/api/http.proto" {
						another := proto.CloneOf(file)
						another.MessageType = nil
						set.File = append(set.File, another)
					}
				}
			}),
		},
		{
			Name: "describes-garbage", KilledBy: "DISC-DESC-001", Message: "no FileDescriptorSet",
			MayAlsoFail: []string{"discovery/descriptors/", "discovery/capabilities/", "http/rules/"},
			Defect: defect.Discovering(func(_ *discoveryv1.DiscoverRequest, answer *discoveryv1.DiscoverResponse) error {
				answer.Proto = []byte("garbage")
				return nil
			}),
		},
		{
			Name: "names-a-service-that-it-lacks", MayAlsoFail: []string{"http/rules/"}, KilledBy: "DISC-DESC-002", Message: `no service "nowhere.Service"`,
			Defect: listing(func(entities []*discoveryv1.Entity) []*discoveryv1.Entity {
				return append(entities, &discoveryv1.Entity{
					EntityType:  eventsourcedv1.EventSourcedService_ServiceDesc.ServiceName,
					ServiceName: "nowhere.Service", PersistenceId: "nowhere",
				})
			}),
		},
		{
			Name: "has-no-entity-key", MayAlsoFail: []string{"discovery/capabilities/"}, KilledBy: "DISC-KEY-001", Message: "ProcessRequest has 0 entity keys",
			Defect: describing(func(set *descriptorpb.FileDescriptorSet) {
				eachModelFile(set, func(file *descriptorpb.FileDescriptorProto) {
					file.GetMessageType()[0].GetField()[0].Options = nil
				})
			}),
		},
		{
			Name: "has-a-number-as-entity-key", KilledBy: "DISC-KEY-001", Message: "is no singular string",
			Defect: describing(func(set *descriptorpb.FileDescriptorSet) {
				eachModelFile(set, func(file *descriptorpb.FileDescriptorProto) {
					if key := file.GetMessageType()[0].GetField()[0]; key.GetType() == descriptorpb.FieldDescriptorProto_TYPE_STRING {
						key.Type = descriptorpb.FieldDescriptorProto_TYPE_INT64.Enum()
					}
				})
			}),
		},
		{
			Name: "has-a-streaming-method", KilledBy: "DISC-METHOD-001", Message: "is a stream",
			Defect: describing(func(set *descriptorpb.FileDescriptorSet) {
				eachModelFile(set, func(file *descriptorpb.FileDescriptorProto) {
					file.GetService()[0].GetMethod()[0].ServerStreaming = new(true)
				})
			}),
		},
		{
			Name: "lists-a-foreign-kind", KilledBy: "DISC-ENT-001", Message: `"nowhere.Kind"`,
			Defect: listing(func(entities []*discoveryv1.Entity) []*discoveryv1.Entity {
				return append(entities, &discoveryv1.Entity{
					EntityType: "nowhere.Kind", ServiceName: "google.api.none", PersistenceId: "x",
				})
			}),
			MayAlsoFail: []string{"discovery/descriptors/services", "http/rules/"},
		},
		{
			Name: "shares-a-persistence-id", KilledBy: "DISC-ENT-002", Message: "have the persistence id",
			Defect: listing(func(entities []*discoveryv1.Entity) []*discoveryv1.Entity {
				entities[1].PersistenceId = entities[0].GetPersistenceId()
				return entities
			}),
		},
		{
			Name: "has-no-persistence-id", KilledBy: "DISC-ENT-002", Message: "has no persistence id",
			Defect: listing(func(entities []*discoveryv1.Entity) []*discoveryv1.Entity {
				entities[0].PersistenceId = ""
				return entities
			}),
		},
		{
			Name: "lists-a-service-twice", KilledBy: "DISC-ENT-003", Message: "is listed twice",
			Defect: listing(func(entities []*discoveryv1.Entity) []*discoveryv1.Entity {
				again := proto.CloneOf(entities[0])
				again.PersistenceId = "another"
				return append(entities, again)
			}),
		},
		{
			Name: "passivates-after-nothing", KilledBy: "DISC-ENT-004", Message: "a timeout of 0 ms",
			Defect: listing(func(entities []*discoveryv1.Entity) []*discoveryv1.Entity {
				entities[1].PassivationStrategy = defect.Timeout(0)
				return entities
			}),
		},
		{
			Name: "passivates-at-the-default-time", KilledBy: "DISC-ENT-004", Message: "one of 0 ms",
			Defect: listing(func(entities []*discoveryv1.Entity) []*discoveryv1.Entity {
				entities[2].PassivationStrategy = nil
				return entities
			}),
		},
		{
			Name: "has-two-entity-keys", KilledBy: "DISC-KEY-001", Message: "ProcessRequest has 2 entity keys",
			Defect: describing(func(set *descriptorpb.FileDescriptorSet) {
				eachModelFile(set, func(file *descriptorpb.FileDescriptorProto) {
					request := file.GetMessageType()[0]
					another := proto.CloneOf(request.GetField()[0])
					another.Name, another.JsonName, another.Number = new("another"), new("another"), new(int32(9))
					request.Field = append(request.GetField(), another)
				})
			}),
		},
		{
			Name: "lies-about-the-version", KilledBy: "DISC-INFO-001", Message: "protocol_major_version 2",
			Defect: informing(func(info *discoveryv1.ServiceInfo) { info.ProtocolMajorVersion = 2 }),
		},
		{
			Name: "is-nameless", KilledBy: "DISC-INFO-002", Message: "no support_library_name",
			Defect: informing(func(info *discoveryv1.ServiceInfo) { info.SupportLibraryName = "" }),
		},
	}
}

// capabilityMutants are wrong about what they announce.
func capabilityMutants() []defect.Mutant {
	announcing := func(capabilities ...discoveryv1.Capability) defect.Defect {
		return informing(func(info *discoveryv1.ServiceInfo) {
			info.Capabilities = append(info.GetCapabilities(), capabilities...)
		})
	}
	aliased := func(entity int, aliases ...*discoveryv1.TypeAlias) defect.Defect {
		return listing(func(entities []*discoveryv1.Entity) []*discoveryv1.Entity {
			entities[entity].TypeAliases = aliases
			return entities
		})
	}
	return []defect.Mutant{
		{
			Name: "announces-a-capability-twice", KilledBy: "DISC-CAP-002", Message: "cancel is announced twice",
			Defect: announcing(discoveryv1.Capability_CAPABILITY_CANCEL, discoveryv1.Capability_CAPABILITY_CANCEL),
		},
		{
			Name: "announces-what-the-proxy-has", KilledBy: "DISC-CAP-002", Message: "answer 3 differs",
			MayAlsoFail: []string{"discovery/capabilities/"},
			Defect: defect.Discovering(func(in *discoveryv1.DiscoverRequest, answer *discoveryv1.DiscoverResponse) error {
				answer.ServiceInfo.Capabilities = in.GetCapabilities()
				return nil
			}),
		},
		{
			Name: "refuses-unknown-capabilities", KilledBy: "DISC-CAP-003", Message: "no such capability",
			Defect: defect.Discovering(func(in *discoveryv1.DiscoverRequest, _ *discoveryv1.DiscoverResponse) error {
				for _, capability := range in.GetCapabilities() {
					if discoveryv1.Capability_name[int32(capability)] == "" {
						return status.Error(codes.InvalidArgument, "no such capability")
					}
				}
				return nil
			}),
		},
		{
			Name: "has-an-alias-of-an-alias", KilledBy: "DISC-ALIAS-001", Message: "is a stored name too",
			Defect: aliased(0,
				&discoveryv1.TypeAlias{StoredName: "a.Old", Name: "a.New"}, &discoveryv1.TypeAlias{StoredName: "a.New", Name: "a.Newest"}),
		},
		{
			Name: "has-an-alias-without-a-name", KilledBy: "DISC-ALIAS-001", Message: `the alias "" for "a.Old"`,
			Defect: aliased(0, &discoveryv1.TypeAlias{StoredName: "a.Old"}),
		},
		{
			Name: "has-a-repeated-key", KilledBy: "DISC-KEY-003", Message: "is repeated",
			MayAlsoFail: []string{"discovery/descriptors/entity-keys", "http/rules/variables"},
			Defect: describing(func(set *descriptorpb.FileDescriptorSet) {
				eachModelFile(set, func(file *descriptorpb.FileDescriptorProto) {
					file.GetMessageType()[0].GetField()[0].Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
				})
			}),
		},
		{
			Name: "has-two-keys-in-one-input", KilledBy: "DISC-KEY-004", Message: "has 2",
			MayAlsoFail: []string{"discovery/descriptors/entity-keys"},
			Defect: describing(func(set *descriptorpb.FileDescriptorSet) {
				for _, file := range set.GetFile() {
					if strings.HasPrefix(file.GetName(), "stateward/tck/eventsourced/") {
						another := proto.CloneOf(file.GetMessageType()[0])
						another.Name = new("AnotherRequest")
						second := proto.CloneOf(another.GetField()[0])
						second.Name, second.JsonName, second.Number = new("second"), new("second"), new(int32(9))
						another.Field = append(another.GetField(), second)
						file.MessageType = append(file.GetMessageType(), another)
						method := proto.CloneOf(file.GetService()[0].GetMethod()[0])
						method.Name, method.InputType, method.Options = new("Another"), new("."+file.GetPackage()+".AnotherRequest"), nil
						file.GetService()[0].Method = append(file.GetService()[0].GetMethod(), method)
					}
				}
			}),
		},
		{
			Name: "has-no-incarnation", KilledBy: "DISC-INC-004", Message: "it is empty",
			MayAlsoFail: []string{"lifecycle/watch/incarnation"},
			Defect:      informing(func(info *discoveryv1.ServiceInfo) { info.IncarnationId = "" }),
		},
		{
			Name: "has-no-fingerprint", KilledBy: "DISC-DRIFT-001", Message: "it is empty",
			Defect: informing(func(info *discoveryv1.ServiceInfo) { info.SchemaFingerprint = "" }),
		},
	}
}

// changing gives the version that belongs to each call, the first of which is 1.
func changing(versionAt func(call int) string) defect.Defect {
	return func() defect.Instance {
		var calls atomic.Int32
		return defect.Instance{Discover: func(_ *discoveryv1.DiscoverRequest, answer *discoveryv1.DiscoverResponse) error {
			answer.ServiceInfo.ServiceVersion = versionAt(int(calls.Add(1)))
			return nil
		}}
	}
}

func listing(f func([]*discoveryv1.Entity) []*discoveryv1.Entity) defect.Defect {
	return defect.Discovering(func(_ *discoveryv1.DiscoverRequest, answer *discoveryv1.DiscoverResponse) error {
		answer.Entities = f(answer.GetEntities())
		return nil
	})
}

func informing(f func(*discoveryv1.ServiceInfo)) defect.Defect {
	return defect.Discovering(func(_ *discoveryv1.DiscoverRequest, answer *discoveryv1.DiscoverResponse) error {
		f(answer.GetServiceInfo())
		return nil
	})
}

func describing(f func(*descriptorpb.FileDescriptorSet)) defect.Defect {
	return defect.Discovering(func(_ *discoveryv1.DiscoverRequest, answer *discoveryv1.DiscoverResponse) error {
		var set descriptorpb.FileDescriptorSet
		if err := proto.Unmarshal(answer.GetProto(), &set); err != nil {
			return err
		}
		f(&set)
		changed, err := proto.MarshalOptions{Deterministic: true}.Marshal(&set)
		answer.Proto = changed
		return err
	})
}

func eachModelFile(set *descriptorpb.FileDescriptorSet, f func(*descriptorpb.FileDescriptorProto)) {
	for _, file := range set.GetFile() {
		if strings.HasPrefix(file.GetName(), "stateward/tck/") {
			f(file)
		}
	}
}
