import { clone, type DescFile, type DescService } from "@bufbuild/protobuf";
import { type DiscoverResponse, DiscoverResponseSchema } from "../gen/stateward/discovery/v1/discovery_pb.js";
import { fileSet } from "./discovery.js";
import type { Entity } from "./entity.js";

/** The dialects of the protocol, as a proxy's --dialect names them. */
export type Dialect = "v1" | "cloudstate-0.2";

/**
 * Makes a function speak the dialect of Cloudstate 0.2 beside version 1
 * (protocol/spec/cloudstate-0.2.md). Both have the same bytes and other names: entities
 * and handlers are written once, with the types of version 1. Where the author's own
 * protos have one name in both, as they do unless somebody renamed them, an empty object
 * is all that is needed; the entity keys then have both options,
 * stateward.annotations.v1.entity_key and cloudstate.entity_key.
 */
export interface Cloudstate {
  /**
   * The full name in 0.2 of each of the author's services and messages that is called
   * otherwise there. Several messages may have one name: it then stands in responses
   * alone, for nothing says which one is meant by it.
   */
  readonly names?: Readonly<Record<string, string>>;
  /** Declare the services that names has in 0.2. Order is free. */
  readonly files?: readonly DescFile[];
}

/** The service as 0.2 calls it; undefined where no file declares that. */
function oldService({ names = {}, files = [] }: Cloudstate, own: DescService): DescService | undefined {
  const name = names[own.typeName];
  if (name === undefined) return own;
  return files.flatMap((file) => file.services).find((service) => service.typeName === name);
}

/** Every mistake in what the author says of 0.2. */
export function cloudstateMistakes(cloudstate: Cloudstate, entities: readonly Entity[]): string[] {
  return entities
    .filter(({ service }) => oldService(cloudstate, service) === undefined)
    .map(
      ({ service: { typeName } }) =>
        `${typeName}: no file of cloudstate declares ${String(cloudstate.names?.[typeName])}`,
    );
}

/**
 * The answer to the discover of 0.2: that of version 1, with the descriptors of the
 * services as they are called there. What version 1 has added is left out on the way.
 */
export function describeCloudstate(
  cloudstate: Cloudstate,
  entities: readonly Entity[],
  v1: DiscoverResponse,
): DiscoverResponse {
  const answer = clone(DiscoverResponseSchema, v1);
  answer.proto = fileSet(entities.map(({ service }) => (oldService(cloudstate, service) ?? service).file));
  if (answer.serviceInfo !== undefined) {
    answer.serviceInfo.protocolMajorVersion = 0;
    answer.serviceInfo.protocolMinorVersion = 2;
  }
  return answer;
}
