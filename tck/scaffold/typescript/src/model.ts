// Serves the kit's model entities with the library that begins here.
import { create, toBinary, type DescFile, type MessageInitShape } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { createHash, randomUUID } from "node:crypto";
import { DiscoveryService, type DiscoverResponseSchema, type EntitySchema } from "../gen/stateward/discovery/v1/discovery_pb.js";
import { EventSourcedService } from "../gen/stateward/eventsourced/v1/eventsourced_pb.js";
import {
  EventSourcedConfiguredService,
  EventSourcedTckModelService,
  EventSourcedTwoService,
  file_stateward_tck_eventsourced_v1_eventsourced as model,
} from "../gen/stateward/tck/eventsourced/v1/eventsourced_pb.js";
import { definition, type Handlers } from "./grpc.js";

// What one message may hold: payloads of 4 MiB (CORE-LIMIT-001), and room for what
// surrounds them.
const maxMessage = 5 << 20;

/** Every event sourced entity that discovery names; a stream is one activation of one. */
const entities: Handlers<typeof EventSourcedService> = {
  // Where the library begins: init, events and commands come in, and each command is
  // answered. See protocol/spec/event-sourced.md, and begin with what `tck function`
  // says first.
  handle: (stream) => {
    stream.once("data", () => {
      stream.write({ message: { case: "failure", value: { description: "not written yet" } } });
      stream.end();
    });
    stream.once("end", () => stream.end());
  },
};

const discovery: Handlers<typeof DiscoveryService> = {
  discover: (_call, answer) => answer(null, description), // the same, whoever asks (DISC-CALL-005)
  reportError: (call, answer) => {
    console.error("the proxy reports:", call.request); // where the author looks
    answer(null, {});
  },
};

const proto = toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: files(model).map((f) => f.proto) }));

const description: MessageInitShape<typeof DiscoverResponseSchema> = {
  proto,
  entities: [
    entity(EventSourcedTckModelService.typeName, "event-sourced-tck-model"),
    entity(EventSourcedTwoService.typeName, "event-sourced-tck-model-two"),
    entity(EventSourcedConfiguredService.typeName, "event-sourced-configured", 100n),
  ],
  serviceInfo: {
    serviceName: "model",
    serviceVersion: "0.0.0",
    serviceRuntime: `Node.js ${process.versions.node}`,
    supportLibraryName: "library",
    supportLibraryVersion: "0.0.0",
    protocolMajorVersion: 1,
    incarnationId: randomUUID(), // another one after every start
    schemaFingerprint: createHash("sha256").update(proto).digest("hex"),
  },
};

/** One entity that is served; without a time in ms its passivation is for the proxy to say. */
function entity(serviceName: string, persistenceId: string, timeout?: bigint): MessageInitShape<typeof EntitySchema> {
  const described = { entityType: EventSourcedService.typeName, serviceName, persistenceId };
  if (timeout === undefined) return described;
  return { ...described, passivationStrategy: { strategy: { case: "timeout", value: { timeout } } } };
}

/** The file and all that it imports, imports first, each once (DISC-DESC-001). */
function files(file: DescFile): DescFile[] {
  return [...new Set([...file.dependencies.flatMap(files), file])];
}

const server = new Server({ "grpc.max_receive_message_length": maxMessage });
server.addService(definition(DiscoveryService), discovery);
server.addService(definition(EventSourcedService), entities);
const address = `${process.env["HOST"] ?? "127.0.0.1"}:${process.env["PORT"] ?? "8080"}`;
server.bindAsync(address, ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
});
for (const told of ["SIGINT", "SIGTERM"]) process.once(told, () => server.forceShutdown());
