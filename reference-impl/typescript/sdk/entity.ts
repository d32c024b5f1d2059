import {
  type DescField,
  type DescFile,
  type DescMessage,
  type DescService,
  getOption,
  hasOption,
  ScalarType,
} from "@bufbuild/protobuf";
import { entity_key } from "../gen/stateward/annotations/v1/annotations_pb.js";
import type { Entity as Line } from "../gen/stateward/discovery/v1/discovery_pb.js";
import type { Host } from "./host.js";
import type { Service } from "./service.js";

/**
 * One entity of a function: a service of the user's protos and what stands behind
 * it. The kinds make them. An entity is complete before it is given to a function,
 * and is not changed afterwards.
 */
export interface Entity {
  /** How the entity is served; the same object for all entities of one kind. */
  readonly kind: Kind;
  /** The user's service. */
  readonly service: DescService;
  /** The files of the messages that its state holds; one may come twice. */
  readonly stored: readonly DescFile[];
  /** The entity's line in the answer to Discover, a new one with each call. */
  describe(): Line;
  /** Every mistake in the entity's definition. */
  mistakes(): string[];
}

/** One kind of entity: a service of the protocol that the function serves and the proxy calls. */
export interface Kind {
  /** Whether a stream of the service is the activation of one entity, which a multiplexed stream can carry. */
  readonly stateful: boolean;
  /** The kind's service for exactly these entities, all of this kind. Its streams end with the host. */
  serve(host: Host, entities: readonly Entity[]): Service;
}

/**
 * Every method of the service that no stateful entity can serve: those that stream
 * (DISC-METHOD-001), and those whose input does not name the entity by exactly one
 * singular string field with the option entity_key, in no oneof (DISC-KEY-001).
 */
export function checkMethods(service: DescService, mayStreamResponses = false): string[] {
  return service.methods.flatMap((method) => {
    const streams =
      method.methodKind !== "unary" && !(mayStreamResponses && method.methodKind === "server_streaming");
    const name = `${service.typeName}.${method.name}`;
    const mistakes = checkKey(method.input).map((mistake) => `${name}: ${mistake} (DISC-KEY-001)`);
    return streams ? [`${name} streams (DISC-METHOD-001)`, ...mistakes] : mistakes;
  });
}

function checkKey(input: DescMessage): string[] {
  const keys = input.fields.filter((field) => hasOption(field, entity_key) && getOption(field, entity_key));
  if (keys.length !== 1)
    return [`${input.typeName} has ${keys.length} fields with the option entity_key, not 1`];
  return keys.every(isString)
    ? []
    : [`the entity key ${String(keys[0])} is not a singular string outside of a oneof`];
}

/** A field that is optional is in no oneof. */
function isString(field: DescField): boolean {
  return field.fieldKind === "scalar" && field.scalar === ScalarType.STRING && field.oneof === undefined;
}
