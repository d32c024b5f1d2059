import { clone, type DescMessage, type Message } from "@bufbuild/protobuf";
import { reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import {
  type DiscoverRequest,
  DiscoverRequestSchema,
  ServiceInfoSchema,
} from "../gen/stateward/discovery/v1/discovery_pb.js";
import type { Cloudstate } from "./cloudstate.js";
import type { Method, Service } from "./service.js";
import type { Stream } from "./stream.js";

/**
 * The name in Cloudstate 0.2 of each service of the protocol that 0.2 has. Their methods
 * are called alike, but begin with a small letter.
 */
const services = new Map([
  ["stateward.discovery.v1.DiscoveryService", "cloudstate.EntityDiscovery"],
  ["stateward.eventsourced.v1.EventSourcedService", "cloudstate.eventsourced.EventSourced"],
  ["stateward.value.v1.ValueEntityService", "cloudstate.valueentity.ValueEntity"],
  ["stateward.replicated.v1.ReplicatedEntityService", "cloudstate.crdt.Crdt"],
  ["stateward.action.v1.ActionService", "cloudstate.action.ActionProtocol"],
]);

/**
 * The fields that version 1 has added to what a function says, and to what it acts on when
 * a proxy says it. A proxy of 0.2 is not sent the ones, for some tools of that time refuse
 * a field that they do not know, and is not heard to say the others.
 */
const newer = new Map([
  [
    "stateward.discovery.v1.DiscoverRequest",
    ["capabilities", "oldest_protocol_minor_version", "limits", "dev_mode", "instance_id"],
  ],
  ["stateward.discovery.v1.Entity", ["type_aliases"]],
  [
    "stateward.discovery.v1.ServiceInfo",
    [
      "capabilities",
      "oldest_protocol_minor_version",
      "incarnation_id",
      "schema_fingerprint",
      "max_message_bytes",
    ],
  ],
  ["stateward.entity.v1.Failure", ["code", "details", "retryable", "retry_after"]],
  ["stateward.entity.v1.SideEffect", ["durable"]],
  ["stateward.eventsourced.v1.EventSourcedReply", ["event_metadata", "delete"]],
  ["stateward.value.v1.Update", ["expire_after"]],
]);

/** The services, those that 0.2 has, as they are served there: under old names, and with renamed messages. */
export function speakCloudstate(served: readonly Service[], { names = {} }: Cloudstate): Service[] {
  const out = new Map([...services, ...Object.entries(names)]);
  const into = new Map([...out].map(([own, old]) => [old, own]));
  for (const old of into.keys()) {
    if ([...out.values()].filter((name) => name === old).length > 1) into.delete(old); // nothing says which one is meant
  }
  return served.flatMap((service) => {
    const name = services.get(service.name);
    if (name === undefined) return [];
    return [{ name, methods: service.methods.map((method) => oldMethod(method, into, out)) }];
  });
}

function oldMethod(method: Method, into: Names, out: Names): Method {
  return {
    name: method.name.charAt(0).toLowerCase() + method.name.slice(1),
    desc: method.desc,
    handle: (stream) => method.handle(new OldStream(stream, method, into, out)),
  };
}

/** A stream of a proxy of 0.2. */
class OldStream implements Stream<Message, Message> {
  readonly #stream: Stream<Message, Message>;
  readonly #method: Method;
  readonly #in: Names;
  readonly #out: Names;

  constructor(stream: Stream<Message, Message>, method: Method, into: Names, out: Names) {
    this.#stream = stream;
    this.#method = method;
    this.#in = into;
    this.#out = out;
  }

  get connection(): Stream<Message, Message>["connection"] {
    return this.#stream.connection;
  }

  get signal(): AbortSignal {
    return this.#stream.signal;
  }

  async next(): Promise<Message | undefined> {
    const message = await this.#stream.next();
    return message === undefined ? undefined : rename(this.#method.desc.input, message, this.#in);
  }

  /** The message itself stays as it is: it may be kept. */
  async send(message: Message): Promise<void> {
    await this.#stream.send(
      rename(this.#method.desc.output, clone(this.#method.desc.output, message), this.#out),
    );
  }
}

/** Full names of services and messages, by those that they have in the other dialect. */
type Names = ReadonlyMap<string, string>;

/** Renames what stands in the message, in place, and returns it. */
function rename(schema: DescMessage, message: Message, names: Names): Message {
  walk(reflect(schema, message), names);
  return message;
}

/**
 * Renames what stands in the message and in those inside it, the bytes of payloads
 * excepted: they are the same in both dialects.
 */
function walk(message: ReflectMessage, names: Names): void {
  const newName = (name: string): string => names.get(name) ?? name;
  for (const name of newer.get(message.desc.typeName) ?? []) {
    const field = message.fields.find((added) => added.name === name);
    if (field !== undefined) message.clear(field);
  }
  if (message.desc.typeName === ServiceInfoSchema.typeName) return; // its service_name is for people
  if (message.desc.typeName === AnySchema.typeName) {
    const any = message.message as Any;
    const name = any.typeUrl.lastIndexOf("/") + 1;
    any.typeUrl = any.typeUrl.slice(0, name) + newName(any.typeUrl.slice(name));
    return;
  }
  if (message.desc.typeName === DiscoverRequestSchema.typeName) {
    const request = message.message as DiscoverRequest;
    request.supportedEntityTypes = request.supportedEntityTypes.map(newName);
  }
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    if (field.name === "service_name" || field.name === "entity_type") {
      message.set(field, newName(message.get(field) as string));
    } else if (field.fieldKind === "message") {
      walk(message.get(field), names);
    } else if (field.fieldKind === "list" && field.listKind === "message") {
      for (const item of message.get(field)) walk(item as ReflectMessage, names); // the protocol has no maps
    }
  }
}
