import { create } from "@bufbuild/protobuf";
import { type Metadata as Message, MetadataSchema } from "../gen/stateward/entity/v1/entity_pb.js";

/** A value of metadata: bytes where the key ends in "-bin", text elsewhere. */
export type MetadataValue = string | Uint8Array;

/**
 * Pairs that travel beside a payload, in order; a key may stand more than once.
 * Keys are in lower case, and found in any.
 */
export class Metadata implements Iterable<readonly [string, MetadataValue]> {
  readonly #pairs: (readonly [string, MetadataValue])[] = [];

  constructor(pairs: Iterable<readonly [string, MetadataValue]> = []) {
    for (const [key, value] of pairs) this.append(key, value);
  }

  /** How many pairs there are. */
  get size(): number {
    return this.#pairs.length;
  }

  /**
   * Adds a pair. Throws a TypeError where the key is no lower-case name of a gRPC
   * header, or the value is not what its key says.
   */
  append(key: string, value: MetadataValue): this {
    if (!/^[a-z0-9_.-]+$/.test(key)) {
      throw new TypeError(`metadata: ${JSON.stringify(key)} is not a lower-case header name`);
    }
    if (key.endsWith("-bin") !== value instanceof Uint8Array) {
      throw new TypeError(
        `metadata: the value of ${JSON.stringify(key)}; keys of bytes, and no others, end in -bin`,
      );
    }
    if (typeof value === "string" && !value.isWellFormed()) {
      throw new TypeError(`metadata: the value of ${JSON.stringify(key)} is not text`);
    }
    this.#pairs.push([key, value]);
    return this;
  }

  /** The first value of the key; undefined where there is none. */
  get(key: string): MetadataValue | undefined {
    return this.getAll(key)[0];
  }

  /** Every value of the key, in order. */
  getAll(key: string): MetadataValue[] {
    return this.#pairs.filter(([name]) => name === key.toLowerCase()).map(([, value]) => value);
  }

  [Symbol.iterator](): Iterator<readonly [string, MetadataValue]> {
    return this.#pairs.values();
  }

  /** Reads the protocol's form. What a proxy sends is taken as it is; a pair without a value has an empty one. */
  static of(message: Message | undefined): Metadata {
    const metadata = new Metadata();
    for (const { key, value } of message?.entries ?? []) metadata.#pairs.push([key, value.value ?? ""]);
    return metadata;
  }

  /** The protocol's form; undefined for none. */
  toMessage(): Message | undefined {
    if (this.size === 0) return undefined;
    const entries = this.#pairs.map(([key, value]) => ({
      key,
      value:
        typeof value === "string"
          ? { case: "stringValue" as const, value }
          : { case: "bytesValue" as const, value },
    }));
    return create(MetadataSchema, { entries });
  }
}
