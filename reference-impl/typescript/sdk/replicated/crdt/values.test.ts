import { create, type MessageInitShape } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Clock as Kind,
  type Delta,
  DeltaSchema,
} from "../../../gen/stateward/replicated/v1/replicated_pb.js";
import { Code, Refusal } from "../../refusal.js";
import { Clock } from "./clock.js";
import { codec } from "./codec.js";
import { Flag } from "./flag.js";
import { GCounter } from "./gcounter.js";
import { LWWRegister } from "./lwwregister.js";
import { PNCounter } from "./pncounter.js";
import { received } from "./value.js";
import { Vote } from "./vote.js";

type DeltaInit = NonNullable<MessageInitShape<typeof DeltaSchema>["delta"]>;

function deltaOf(delta: DeltaInit): Delta {
  return create(DeltaSchema, { delta });
}

const [max64, maxInt64] = [2n ** 64n - 1n, 2n ** 63n - 1n];

// A counter is never taken out of its range by its own proxy (REP-LIMIT-004), and wraps
// where several were (REP-GCOUNTER-002, REP-PNCOUNTER-002).
test("counters keep their range", () => {
  const [grows, both] = [new GCounter(), new PNCounter()];
  grows.apply(deltaOf({ case: "gcounter", value: { increment: max64 - 1n } }));
  both.apply(deltaOf({ case: "pncounter", value: { change: maxInt64 - 1n } }));
  for (const counter of [grows, both]) {
    counter.add(1);
    assert.throws(
      () => counter.add(1),
      (error) => error instanceof Refusal && error.code === Code.OUT_OF_RANGE,
    );
  }
  assert.throws(() => grows.add(-1), Refusal);
  assert.deepEqual([grows.value, both.value], [max64, maxInt64], "refused");
  assert.equal(received(grows.delta(), "gcounter").increment, 1n);
  grows.apply(grows.delta());
  both.apply(both.delta());
  assert.deepEqual([grows.value, both.value], [0n, -maxInt64 - 1n], "over the brim by others");

  const least = new PNCounter();
  least.add(-maxInt64 - 1n);
  const wide = new PNCounter();
  wide.apply(deltaOf({ case: "pncounter", value: { change: -2n } }));
  wide.add(maxInt64);
  assert.throws(() => wide.add(1), Refusal, "more than one delta can say");
});

// REP-VOTE-001, REP-VOTE-002, REP-VOTE-003, REP-VOTE-004.
test("a vote", () => {
  const vote = new Vote();
  const reads = (mine: boolean, votes: number, voters: number, changed: boolean): void => {
    assert.deepEqual([vote.mine, vote.for, vote.voters, vote.changed], [mine, votes, voters, changed]);
  };
  reads(false, 0, 1, false);
  vote.cast(false); // it is so already
  reads(false, 0, 1, false);
  vote.cast(true);
  reads(true, 1, 1, true);
  assert.deepEqual(vote.delta(), deltaOf({ case: "vote", value: { selfVote: true } }));
  vote.rollback();
  reads(false, 0, 1, false);
  vote.cast(true);
  vote.commit();
  assert.ok(vote.apply(deltaOf({ case: "vote", value: { selfVote: true, votesFor: 2, totalVoters: 3 } })));
  reads(true, 2, 3, false);
  vote.cast(false);
  vote.cast(true);
  reads(true, 2, 3, false); // withdrawn, and given again
  vote.cast(false);
  reads(false, 1, 3, true);
  assert.deepEqual(vote.delta(), deltaOf({ case: "vote", value: {} }));
  vote.commit();
  vote.apply(deltaOf({ case: "vote", value: {} }));
  reads(false, 0, 0, false); // defaults are values too
});

// REP-LWW-001, REP-LWW-002, REP-LWW-003: the last value that was set, with its clock.
test("a register tells its last write", () => {
  const register = new LWWRegister(codec.string, "new");
  const write = { value: codec.string.pack("new") };
  const says = (more: { clock?: Kind; customClockValue?: bigint }): void => {
    assert.deepEqual(register.delta(), deltaOf({ case: "lwwregister", value: { ...write, ...more } }));
  };
  says({});
  register.rollback(); // created all the same
  says({});
  register.commit();
  for (const [clock, more] of [
    [Clock.system, {}],
    [Clock.reverse, { clock: Kind.REVERSE }],
    [Clock.custom(-5), { clock: Kind.CUSTOM, customClockValue: -5n }],
    [Clock.customAutoIncrement(7n), { clock: Kind.CUSTOM_AUTO_INCREMENT, customClockValue: 7n }],
  ] as const) {
    register.set("old", Clock.customAutoIncrement(9));
    register.set("new", clock); // the same as it was
    says(more);
    register.commit();
  }
});

// The protocol's clocks are the library's; one that is unknown is the proxy's.
test("clocks by their names", () => {
  const told = ({ kind, time }: Clock): unknown[] => [kind, time];
  for (const kind of [Kind.DEFAULT, Kind.REVERSE]) assert.deepEqual(told(Clock.of(kind, 7n)), [kind, 0n]);
  for (const kind of [Kind.CUSTOM, Kind.CUSTOM_AUTO_INCREMENT]) {
    assert.deepEqual(told(Clock.of(kind, 7n)), [kind, 7n]);
  }
  assert.deepEqual(told(Clock.of(JSON.parse("99") as Kind, 7n)), told(Clock.system));
  assert.throws(() => Clock.custom(2n ** 63n), RangeError);
});
// A flag that is set already says nothing (REP-FLAG-001).
test("a flag is set once", () => {
  const flag = new Flag();
  flag.set();
  flag.set();
  assert.deepEqual(flag.delta(), deltaOf({ case: "flag", value: { value: true } }));
  flag.commit();
  flag.set();
  assert.equal(flag.changed, false);
  assert.equal(flag.apply(deltaOf({ case: "flag", value: {} })), false);
  assert.ok(flag.value);
});
