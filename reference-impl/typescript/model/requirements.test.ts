// Every requirement of the function is cited, by a test that measures it or by the code that keeps it.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

/** Says of a requirement why nothing here can break it. */
const excused: Readonly<Record<string, string>> = {
  "ACT-ANSWER-010": "whether a handler has an answer is its author's own affair",
  "CORE-PAYLOAD-007": "no value of the library holds JSON: it refuses a type that it does not know",
  "DISC-ENT-006": "a function is made of the entities that it lists: no other can be served",
  "MUX-CREDIT-008": "the library may, and need not",
};

interface Requirement {
  readonly id: string;
  readonly role: string;
  readonly profile: string;
}

/** The ids in the text, and those between two of them, as in "ES-EMIT-001 to ES-EMIT-003". */
function cited(text: string): Set<string> {
  const ids = new Set(text.match(/\b[A-Z]+-[A-Z]+-\d{3}\b/g));
  for (const [, area = "", from, to] of text.matchAll(/\b([A-Z]+-[A-Z]+-)(\d{3}) to \1(\d{3})\b/g)) {
    for (let n = Number(from); n <= Number(to); n++) ids.add(area + String(n).padStart(3, "0"));
  }
  return ids;
}

test("every requirement of the function is cited", () => {
  // This file runs as dist/model/requirements.test.js.
  const own = new URL("../../", import.meta.url);
  const read = (path: string): string => readFileSync(new URL(path, own), "utf8");
  const profiles = new Set(read("profiles").split("\n"));
  profiles.delete("http"); // binds proxies
  const { requirements } = JSON.parse(read("../../protocol/requirements.json")) as {
    requirements: Requirement[];
  };
  const bound = requirements.filter(({ role, profile }) => role === "function" && profiles.has(profile));
  assert.ok(bound.length > 200);

  const ours = ["sdk", "model", "cart"].flatMap((room) =>
    readdirSync(new URL(room, own), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.endsWith("requirements.test.ts"))
      .map((file) => read(`${room}/${file}`)),
  );
  const known = cited(ours.join("\n"));
  const missing = bound.map(({ id }) => id).filter((id) => !known.has(id));
  assert.deepEqual(missing.sort(), Object.keys(excused));
});
