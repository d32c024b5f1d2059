import { create, fromBinary, type DescMessage, type Message, type MessageShape } from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import {
  AnySchema,
  BoolValueSchema,
  BytesValueSchema,
  DoubleValueSchema,
  FloatValueSchema,
  Int32ValueSchema,
  Int64ValueSchema,
  StringValueSchema,
  UInt32ValueSchema,
  UInt64ValueSchema,
  type Any,
} from "@bufbuild/protobuf/wkt";
import { encode, pack, PayloadError, reason, unpack } from "../../payload.js";
import { ordered } from "./order.js";

/**
 * How the elements, keys and register values of type T travel. Values that are equal are
 * packed into equal bytes (REP-EQ-002). Packing throws at what cannot travel, and unpacking
 * throws a {@link PayloadError} at what cannot be read.
 */
export interface Codec<T> {
  pack(value: T): Any;
  unpack(payload: Any): T;
}

/** The prefix of the payloads of scalars (CORE-PAYLOAD-004). */
const prefix = "p.cloudstate.io/";

/** The codecs that there are. */
export const codec = {
  /** Text, without half a surrogate pair. */
  string: scalar("string", StringValueSchema),
  /** Bytes, which are not changed after they were given. */
  bytes: scalar("bytes", BytesValueSchema),
  bool: scalar("bool", BoolValueSchema),
  int32: scalar("int32", Int32ValueSchema),
  int64: scalar("int64", Int64ValueSchema),
  uint32: scalar("uint32", UInt32ValueSchema),
  uint64: scalar("uint64", UInt64ValueSchema),
  float: scalar("float", FloatValueSchema),
  double: scalar("double", DoubleValueSchema),

  /** Protobuf messages. A message is not changed after it was given or received. */
  message: <S extends DescMessage>(schema: S): Codec<MessageShape<S>> => ({
    pack: (message) => pack(schema, ordered(schema, message)),
    unpack: (payload) => unpack(schema, payload),
  }),
};

/**
 * The codec of a scalar, whose bytes are those of the wrapper: a default is written as no
 * bytes (CORE-PAYLOAD-006), and read in any encoding (CORE-PAYLOAD-005).
 */
function scalar<T>(name: string, wrapper: GenMessage<Message & { value: T }>): Codec<T> {
  const typeUrl = prefix + name;
  return {
    pack: (value) =>
      create(AnySchema, { typeUrl, value: encode(wrapper, create(wrapper, { value } as never)) }),
    unpack(payload) {
      if (payload.typeUrl !== typeUrl)
        throw new PayloadError(`the payload is of type "${payload.typeUrl}", not ${typeUrl}`);
      try {
        return fromBinary(wrapper, payload.value).value;
      } catch (cause) {
        throw new PayloadError(`the payload is not a ${typeUrl}: ${reason(cause)}`, { cause });
      }
    },
  };
}

/**
 * What two payloads have in common when they are equal, and only then: the bytes of the
 * type URL and those of the value (REP-EQ-001).
 */
export function identity(payload: Any): string {
  return `${payload.typeUrl.length}:${payload.typeUrl}${Buffer.from(payload.value).toString("latin1")}`;
}
