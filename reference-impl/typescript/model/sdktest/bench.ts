// Measures messages of 4 MiB, there and back, beside a bare echo by grpc-js:
//
//     node dist/model/sdktest/bench.js
//
// Client and server are one process, and each figure is a ratio to the echo of the same run.
import { create, type DescMessage, type DescMethod, toBinary } from "@bufbuild/protobuf";
import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
} from "@grpc/grpc-js";
import assert from "node:assert/strict";
import { once } from "node:events";
import { ActionService } from "../../gen/stateward/action/v1/action_pb.js";
import { EventSourcedService } from "../../gen/stateward/eventsourced/v1/eventsourced_pb.js";
import { ReplicatedEntityService } from "../../gen/stateward/replicated/v1/replicated_pb.js";
import * as action from "../../gen/stateward/tck/action/v1/action_pb.js";
import * as eventSourced from "../../gen/stateward/tck/eventsourced/v1/eventsourced_pb.js";
import * as replicated from "../../gen/stateward/tck/replicated/v1/replicated_pb.js";
import * as value from "../../gen/stateward/tck/value/v1/value_pb.js";
import { ValueEntityService } from "../../gen/stateward/value/v1/value_pb.js";
import { pack } from "../../sdk/index.js";
import { Proxy } from "../../sdk/sdktest/proxy.js";
import { config } from "../config.js";

const text = "x".repeat((4 << 20) - 1024);
const rounds = 21;
const unlimited = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };
const same = (bytes: Buffer): Buffer => bytes;

/** The median time in ms of a message that is answered by one as large: the one with this number, behind those before it. */
async function measure(
  target: string,
  path: string,
  message: (id: bigint) => Buffer,
  ...before: Buffer[]
): Promise<number> {
  const client = new Client(target, credentials.createInsecure(), unlimited);
  const begin = () =>
    client.makeBidiStreamRequest(path, same, same, new Metadata()).on("error", () => undefined);
  let call = begin();
  for (const bytes of before) call.write(bytes);
  const times: number[] = [];
  for (let id = 1n; id <= rounds; id++) {
    const bytes = message(id);
    const start = performance.now();
    call.write(bytes);
    const [answer] = (await once(call, "data")) as [Buffer];
    times.push(performance.now() - start);
    assert.ok(answer.length >= text.length, "the answer is as large");
    if (path.endsWith("Unary")) call = begin();
  }
  call.cancel();
  client.close();
  return times.sort((a, b) => a - b)[rounds >> 1] ?? NaN;
}

const bare = new Server(unlimited);
const echo = (call: ServerDuplexStream<Buffer, Buffer>) =>
  void call.on("data", (bytes: Buffer) => call.write(bytes));
bare.register("/Bare/Echo", echo, same, same, "bidi");
const port = await new Promise<number>((resolve, reject) => {
  bare.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
    if (error) reject(error);
    else resolve(bound);
  });
});
const base = await measure(`127.0.0.1:${port}`, "/Bare/Echo", () => Buffer.from(text));
console.log(`bare echo      ${base.toFixed(1)} ms`);

const proxy = await Proxy.start({ after: () => undefined }, config);

/** What a message is made of; its method knows the types. */
type Fields = Record<string, unknown>;

/** Measures a method of the protocol. */
async function tell(
  kind: string,
  method: DescMethod,
  message: (id: bigint) => Fields,
  ...before: Fields[]
): Promise<void> {
  const bytes = (said: Fields): Buffer => Buffer.from(toBinary(method.input, create(method.input, said)));
  const path = `/${method.parent.typeName}/${method.name}`;
  const took = await measure(proxy.target, path, (id) => bytes(message(id)), ...before.map(bytes));
  console.log(`${kind.padEnd(14)} ${(took / base).toFixed(2)}`);
}

for (const [kind, method, serviceName, schema] of [
  [
    "event sourced",
    EventSourcedService.method.handle,
    eventSourced.EventSourcedTckModelService.typeName,
    eventSourced.ProcessRequestSchema,
  ],
  [
    "value",
    ValueEntityService.method.handle,
    value.ValueEntityTckModelService.typeName,
    value.ProcessRequestSchema,
  ],
  [
    "replicated",
    ReplicatedEntityService.method.handle,
    replicated.ReplicatedTckModelService.typeName,
    replicated.ProcessRequestSchema,
  ],
] as const) {
  const entityId = "ORSet-1";
  const effect = { actions: [{ action: { case: "effect", value: { id: text } } }] }; // goes out again
  const payload = pack(schema as DescMessage, effect as never);
  await tell(
    kind,
    method,
    (id) => ({ message: { case: "command", value: { entityId, id, name: "Process", payload } } }),
    { message: { case: "init", value: { serviceName, entityId } } },
  );
}
await tell("action", ActionService.method.handleUnary, () => ({
  serviceName: action.ActionTckModelService.typeName,
  name: "ProcessUnary",
  payload: pack(action.ProcessRequestSchema, {
    groups: [{ steps: [{ step: { case: "reply", value: { message: text } } }] }],
  }),
}));
bare.forceShutdown();
await proxy.stop();
