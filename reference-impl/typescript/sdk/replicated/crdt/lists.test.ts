// The lists of an update name what a command did, once each, and nothing else.
import type { Any } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { codec } from "./codec.js";
import { ORMap } from "./ormap.js";
import { ORMultiMap } from "./ormultimap.js";
import { ORSet } from "./orset.js";
import { PNCounterMap } from "./pncountermap.js";
import { act, acts, names } from "../../sdktest/values.js";
import { received } from "./value.js";

const scripts = fc.record({
  before: fc.array(acts, { maxLength: 5 }),
  command: fc.array(acts, { maxLength: 10 }),
});

/** The keys that these payloads are, which are in order. */
function keys(forms: readonly (Any | undefined)[]): string[] {
  return forms.map((form) => codec.string.unpack(present(form)));
}

function present<T>(value: T | undefined): T {
  return value ?? assert.fail("it is absent");
}

function without(all: Iterable<string>, others: { has(key: string): boolean }): string[] {
  return [...all].filter((key) => !others.has(key)).sort();
}

// REP-ORSET-003, REP-ORSET-004, REP-ORSET-006; a clear names what is there afterwards,
// and nothing of what went (REP-ORSET-005).
test("the lists of a set", () => {
  fc.assert(
    fc.property(scripts, (script) => {
      const set = new ORSet(codec.string);
      for (const todo of script.before) act(set, todo);
      set.commit();
      const before = new Set(set);
      for (const todo of script.command) act(set, todo);
      const { cleared, removed, added } = received(set.delta(), "orset");
      assert.deepEqual(keys(added), cleared ? [...set].sort() : without(set, before));
      assert.deepEqual(keys(removed), cleared ? [] : without(before, set));
      if (cleared) assert.notEqual(before.size, 0, "an empty set is cleared");
    }),
  );
});

// REP-MAP-001, REP-MAP-004 to REP-MAP-008, against a reference that notes what the command
// did to each key.
test("the lists of a map", () => {
  fc.assert(
    fc.property(scripts, (script) => {
      const map = new PNCounterMap(codec.string);
      for (const todo of script.before) act(map, todo);
      map.commit();
      const was = new Set(map.keys());
      const [gone, fresh, changes] = [new Set<string>(), new Set<string>(), new Map<string, bigint>()];
      let wasCleared = false;
      const remove = (key: string): void => {
        if (!map.has(key)) return;
        if (was.has(key)) gone.add(key);
        fresh.delete(key);
        changes.delete(key);
      };
      for (const todo of script.command) {
        if (todo.edit === "clear") {
          wasCleared ||= map.size > 0 && was.size > 0;
          names.forEach(remove);
        } else if (todo.edit === "delete") {
          remove(todo.name);
        } else {
          if (!map.has(todo.name)) fresh.add(todo.name);
          changes.set(todo.name, (changes.get(todo.name) ?? 0n) + BigInt(todo.n));
        }
        act(map, todo);
      }
      const { cleared, removed, updated, added } = received(map.delta(), "pncounterMap");
      assert.equal(cleared, wasCleared);
      assert.deepEqual(keys(removed), cleared ? [] : [...gone].sort());
      assert.deepEqual(keys(added.map((entry) => entry.key)), [...fresh].sort());
      const touched = [...changes].filter(([key, n]) => !fresh.has(key) && n !== 0n).map(([key]) => key);
      assert.deepEqual(keys(updated.map((entry) => entry.key)), touched.sort());
      for (const entry of [...updated, ...added])
        assert.equal(entry.change, changes.get(codec.string.unpack(present(entry.key))));
    }),
  );
});

// An update of a map of one type stands for that of an ORMap with the same values, to which
// the same was done (REP-MULTI-002; the two others have the same code).
test("a map of one type stands for an ORMap", () => {
  fc.assert(
    fc.property(fc.array(fc.array(acts, { maxLength: 8 }), { maxLength: 3 }), (script) => {
      const short = new ORMultiMap(codec.string, codec.string);
      const long = new ORMap(codec.string, () => new ORSet(codec.string));
      for (const command of script) {
        for (const todo of command) {
          act(short, todo);
          act(long, { ...todo, key: todo.name });
        }
        const [is, stands] = [received(short.delta(), "ormultiMap"), received(long.delta(), "ormap")];
        assert.deepEqual([is.cleared, is.removed], [stands.cleared, stands.removed]);
        for (const list of ["updated", "added"] as const) {
          const sets = stands[list].map(({ key, delta }) => [key, received(present(delta), "orset")]);
          assert.deepEqual(
            is[list].map(({ key, set }) => [key, set]),
            sets,
          );
        }
        short.commit();
        long.commit();
      }
    }),
  );
});
