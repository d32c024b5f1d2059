import { inspect } from "node:util";

/** What is said beside a message, in order. */
export type Fields = Readonly<Record<string, unknown>>;

/** Where a function says what it has to say. */
export interface Log {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

/** A log of one line for each record, as `key=value`. */
export function textLog(write: (line: string) => void, now: () => Date = () => new Date()): Log {
  const at =
    (level: string) =>
    (msg: string, fields: Fields = {}) => {
      const pairs = Object.entries({ time: now().toISOString(), level, msg, ...fields });
      write(`${pairs.map(([key, value]) => `${key}=${text(value)}`).join(" ")}\n`);
    };
  return { info: at("INFO"), warn: at("WARN"), error: at("ERROR") };
}

/** The value in one line, in quotes where it would not be one word. An error has its stack, and what caused it. */
function text(value: unknown): string {
  const plain = value instanceof Error ? inspect(value) : String(value);
  return /^[^\s"=\p{Cc}]+$/u.test(plain) ? plain : JSON.stringify(plain);
}
