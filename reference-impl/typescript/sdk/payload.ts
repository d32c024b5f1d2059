import {
  clone,
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";

/**
 * Packs the message as a payload: type URL "type.googleapis.com/" and its full name, then
 * its bytes. Throws at what these cannot hold.
 */
export function pack<M extends DescMessage>(schema: M, message: MessageInitShape<M>): Any {
  return create(AnySchema, {
    typeUrl: `type.googleapis.com/${schema.typeName}`,
    value: encode(schema, create(schema, message)),
  });
}

/** The message's bytes. Throws at half of a surrogate pair, which toBinary replaces by U+FFFD. */
export function encode<M extends DescMessage>(schema: M, message: MessageShape<M>): Uint8Array<ArrayBuffer> {
  const bytes = toBinary(schema, message);
  if (bufferOf(bytes).includes("\ufffd")) {
    try {
      clone(schema, message); // which looks at each text
    } catch (cause) {
      throw new TypeError(`a ${schema.typeName} with half of a surrogate pair`, { cause });
    }
  }
  return bytes;
}

/** The bytes as Node and grpc-js take them; a copy would cost as much as all that is done to a large payload. */
export function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Says that a payload cannot be read: it is missing, of another type, or its bytes are no such message. */
export class PayloadError extends Error {
  override readonly name = "PayloadError";
}

/**
 * Reads the message that the payload holds, or throws a {@link PayloadError}. Fields
 * that the schema does not know are kept, and change nothing (ACT-REQ-006, CORE-CMD-007).
 */
export function unpack<M extends DescMessage>(schema: M, payload: Any | undefined): MessageShape<M> {
  if (payload === undefined) throw new PayloadError("there is no payload");
  if (typeNameOf(payload) !== schema.typeName) {
    throw new PayloadError(
      `the payload is of type ${JSON.stringify(payload.typeUrl)}, not ${schema.typeName}`,
    );
  }
  try {
    return fromBinary(schema, payload.value);
  } catch (cause) {
    throw new PayloadError(`the payload is not a ${schema.typeName}: ${reason(cause)}`, { cause });
  }
}

/**
 * The full name of the message that the payload holds, under whatever prefix; empty for
 * a scalar, JSON, and where there is none (CORE-PAYLOAD-003).
 */
export function typeNameOf(payload: Any | undefined): string {
  const url = payload?.typeUrl ?? "";
  if (/^(p|json)\.cloudstate\.io\//.test(url) || !url.includes("/")) return "";
  return url.slice(url.lastIndexOf("/") + 1);
}

/** What an error says, for a sentence. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
