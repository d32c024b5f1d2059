import { clone, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { isReflectMessage, reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";

/** A copy of the message, in which equal maps have their entries in one order, and so in one encoding. */
export function ordered<S extends DescMessage>(schema: S, message: MessageShape<S>): MessageShape<S> {
  const copy = clone(schema, message);
  order(reflect(schema, copy));
  return copy;
}

function order(message: ReflectMessage): void {
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    if (field.fieldKind === "message") {
      order(message.get(field));
    } else if (field.fieldKind === "list") {
      inside(message.get(field));
    } else if (field.fieldKind === "map") {
      const map = message.get(field);
      const entries = [...map].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
      map.clear();
      for (const [key, value] of entries) map.set(key, value);
      inside(map.values());
    }
  }
}

function inside(values: Iterable<unknown>): void {
  for (const value of values) if (isReflectMessage(value)) order(value);
}
