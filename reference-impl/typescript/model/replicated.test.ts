// What commands bring besides the change of a value, and what no correct proxy sends. Each
// case cites the requirements that it measures.
import { create } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  HandleRequestSchema,
  StateActionSchema,
  WriteConsistency,
} from "../gen/stateward/replicated/v1/replicated_pb.js";
import { ProcessRequestSchema } from "../gen/stateward/tck/replicated/v1/replicated_pb.js";
import { Code, pack } from "../sdk/index.js";
import { changed, command, deleted, init } from "../sdk/sdktest/replicated.js";
import {
  c,
  changes,
  Dialogue,
  effect,
  ends,
  fails,
  forwards,
  left,
  open,
  opened,
  reply,
  s,
  transcript,
} from "./sdktest/replicated.js";

const counter = new Dialogue("GCounter-1");
const set = new Dialogue("ORSet-1");
const counts = (value: bigint) => c("gcounter", { value });
const adds = (increment: bigint) => c("gcounter", { increment });
const holds = (...elements: string[]) => c("orset", { elements });
const add = (element: string) => c("orset", { action: c("add", element) });

transcript(
  "REP-UPD-001 REP-DELTA-003 nothing that others did",
  [set.is(c("orset", { added: [s("a")] }))],
  [set.update(1n, add("b")), reply(1n, holds("a", "b"), changes(c("orset", { added: [s("b")] })))],
  [changed(c("orset", { added: [s("c")] }))],
  [set.update(2n, add("d")), reply(2n, holds("a", "b", "c", "d"), changes(c("orset", { added: [s("d")] })))],
);

transcript(
  "REP-UPD-002 REP-UPD-003 REP-DELTA-002 what is unset stays so, until a delta or a change",
  [counter.unset()],
  [counter.command(1n), reply(1n, counts(0n))],
  [changed(adds(4n))],
  [counter.command(2n), reply(2n, counts(4n))],
);

const updates = (increment: bigint, writeConsistency = WriteConsistency.LOCAL) =>
  c("update", { update: adds(increment), writeConsistency });

transcript(
  "REP-UPD-004 FX-FWD-001 a forward with an update",
  [counter.unset()],
  [
    counter.command(1n, updates(1n), c("forward", { id: "other" }), updates(1n)),
    forwards(1n, "other", changes(adds(2n))),
  ],
  [counter.command(2n), reply(2n, counts(2n))],
);

transcript(
  "FX-EFF-001 FX-EFF-002 side effects in their order",
  [counter.unset()],
  [
    counter.command(1n, c("effect", { id: "a" }), updates(1n), c("effect", { id: "b", synchronous: true })),
    reply(1n, counts(1n), { ...changes(adds(1n)), sideEffects: [effect("a"), effect("b", true)] }),
  ],
);

transcript(
  "REP-WRITE-001 the write consistency of the last update",
  [counter.unset()],
  [
    counter.command(1n, updates(1n, WriteConsistency.ALL), updates(1n, WriteConsistency.MAJORITY)),
    reply(1n, counts(2n), changes(adds(2n), WriteConsistency.MAJORITY)),
  ],
  [counter.command(2n, updates(1n)), reply(2n, counts(3n), changes(adds(1n)))],
);

transcript(
  "REP-FAIL-003 REP-FAIL-004 FX-EFF-003 a failure undoes, and the entity lives on",
  [set.is(c("orset", { added: [s("a")] }))],
  [
    set.command(
      1n,
      c("update", { update: c("orset", { action: c("remove", "a") }) }),
      c("update", { update: add("b") }),
      c("effect", { id: "x" }),
      c("delete", {}),
      c("fail", { message: "50% off" }),
    ),
    fails(1n, Code.UNKNOWN, "50% off"),
  ],
  [set.command(2n), reply(2n, holds("a"))],
  [set.command(3n, updates(1n)), fails(3n, Code.INVALID_ARGUMENT)],
  [set.command(4n, { case: undefined }), fails(4n, Code.INVALID_ARGUMENT)],
);

transcript(
  "REP-DEL-001 REP-DEL-002 a delete, and no update",
  [counter.is(adds(1n))],
  [
    counter.command(1n, updates(1n, WriteConsistency.ALL), c("delete", {})),
    reply(1n, counts(2n), {
      stateAction: create(StateActionSchema, {
        action: c("delete", {}),
        writeConsistency: WriteConsistency.ALL,
      }),
    }),
  ],
  [counter.command(2n), fails(2n, Code.NOT_FOUND)],
  [counter.leaves(3n), left(3n)],
);

transcript(
  "REP-DEL-002 a delete from elsewhere",
  [counter.is(adds(1n))],
  [counter.watch(1n), opened(1n, counts(1n))],
  [deleted()],
  [counter.command(2n), fails(2n, Code.NOT_FOUND)],
);

const nothing = new Dialogue("Nothing-1");
transcript(
  "REP-TYPE-005 an id that names no type",
  [nothing.unset()],
  [nothing.command(1n), fails(1n, Code.INVALID_ARGUMENT)],
  [nothing.watch(2n), fails(2n, Code.INVALID_ARGUMENT)],
);

transcript(
  "REP-CANCEL-003 CORE-CMD-003 CORE-CMD-005 what is asked for in vain",
  [counter.unset()],
  [command(counter.id, 1n, "Proceed", pack(ProcessRequestSchema, {})), fails(1n, Code.UNIMPLEMENTED)],
  [command(counter.id, 2n, "Process", s("")), fails(2n, Code.INVALID_ARGUMENT)],
  [counter.leaves(2n), left(2n)],
);

transcript("REP-INIT-005 a command before init", [counter.command(1n), ends(1n)]);
transcript("REP-INIT-005 a delta before init", [changed(adds(0n)), ends(0n)]);
transcript("REP-INIT-006 a second init", [counter.unset()], [counter.unset(), ends(0n)]);
transcript("REP-INIT-007 an init for another service", [init("nobody", "GCounter-1"), ends(0n)]);
transcript("CORE-KEY-001 an init without an entity id", [new Dialogue("").unset(), ends(0n)]);
transcript("REP-INIT-009 an init of another type", [counter.is(c("pncounter", {})), ends(0n)]);
transcript("REP-DELTA-004 a delta of another type", [counter.unset()], [changed(c("flag", {})), ends(0n)]);
transcript(
  "REP-DELTA-004 a delta without a case",
  [counter.unset()],
  [changed({ case: undefined }), ends(0n)],
);
transcript("REP-CMD-001 another entity's command", [counter.unset()], [set.command(1n), ends(1n)]);
transcript("REP-CMD-001 the end of another's call", [counter.unset()], [set.leaves(1n), ends(0n)]);
transcript("CORE-STREAM-004 no case", [counter.unset()], [create(HandleRequestSchema), ends(0n)]);
transcript("REP-DEL-002 a delta after delete", [counter.unset()], [deleted()], [changed(adds(0n)), ends(0n)]);

// A proxy that knows no maps of one type is sent none (DISC-CAP-006), and is served otherwise
// as any (DISC-CAP-007).
test("maps of one type are not in force", async () => {
  for (const id of ["PNCounterMap-1", "LWWRegisterMap-1", "ORMultiMap-1"]) {
    const [stream, map] = [open(), new Dialogue(id)];
    await stream.step(map.unset());
    const { answers } = await stream.step(map.command(1n));
    const [answer] = answers;
    assert.ok(answer?.message.case === "reply" && answer.message.value.stateAction === undefined);
    const action = answer.message.value.clientAction?.action;
    assert.equal(action?.case === "failure" && action.value.code, Code.FAILED_PRECONDITION);
  }
  const stream = open();
  await stream.step(counter.unset());
  assert.deepEqual((await stream.step(counter.command(1n))).answers, [reply(1n, counts(0n))]);
});

// A passivate is the end, whatever its reason (LIFE-PASS-004, LIFE-PASS-005).
test("a passivate ends the stream", async () => {
  const stream = open();
  await stream.step(counter.unset());
  const passivate = create(HandleRequestSchema, { message: c("passivate", { reason: 99 }) });
  assert.deepEqual(await stream.step(passivate), { answers: [], more: false });
});
