// What a streamed call brings. Each case cites the requirements that it measures.
import { WriteConsistency } from "../gen/stateward/replicated/v1/replicated_pb.js";
import { Code } from "../sdk/index.js";
import { changed } from "../sdk/sdktest/replicated.js";
import {
  c,
  changes,
  Dialogue,
  effect,
  fails,
  left,
  news,
  opened,
  reply,
  transcript,
} from "./sdktest/replicated.js";

// A streamed call of a counter that stands at 5, and what others then add.
const both = new Dialogue("PNCounter-1");
const at = (value: bigint) => c("pncounter", { value });
const by = (change: bigint) => c("pncounter", { change });
const five = [both.is(by(5n))] as const;
const six = [both.update(2n, by(1n)), reply(2n, at(6n), changes(by(1n)))] as const;
const eight = [both.update(3n, by(2n)), reply(3n, at(8n), changes(by(2n)))] as const;

transcript(
  "REP-STREAM-001 REP-STREAM-002 news of every change, in order, after the answer",
  five,
  [both.watch(1n), opened(1n, at(5n))],
  [...six, news(1n, at(6n))],
  [both.command(9n), reply(9n, at(6n))],
  [changed(by(10n)), news(1n, at(16n))],
  [changed(by(0n))],
  [
    both.command(10n, c("update", { update: by(1n) }), c("fail", { message: "no" })),
    fails(10n, Code.UNKNOWN, "no"),
  ],
);

transcript(
  "REP-STREAM-004 the last message ends the call",
  five,
  [both.watch(1n, { endState: { value: at(6n) } }), opened(1n, at(5n))],
  [...six, news(1n, at(6n), { endStream: true })],
  eight,
  [both.leaves(1n), left(1n)],
);

transcript(
  "REP-STREAM-002 a reply with what the command changed itself, and several calls",
  [both.is(by(4n))],
  [both.watch(1n, { initialUpdate: { update: by(1n) } }), opened(1n, at(5n), changes(by(1n)))],
  [both.watch(7n, { initialUpdate: { update: by(0n) } }), opened(7n, at(5n))],
  [...six, news(1n, at(6n)), news(7n, at(6n))],
);

transcript(
  "REP-STREAM-003 a streamed method whose caller takes one answer",
  five,
  [both.watch(1n, {}, false), opened(1n, at(5n), { streamed: false })],
  six,
);

transcript(
  "REP-STREAM-001 effects in messages without answers",
  five,
  [both.watch(1n, { empty: true, effects: [{ id: "a" }, { id: "b", synchronous: true }] }), opened(1n)],
  [...six, news(1n, undefined, { sideEffects: [effect("a"), effect("b", true)] })],
);

transcript(
  "REP-STREAM-001 nothing to say",
  five,
  [both.watch(1n, { empty: true, endState: { value: at(8n) } }), opened(1n)],
  six,
  [...eight, news(1n, undefined, { endStream: true })],
);

transcript(
  "REP-CANCEL-003 REP-CANCEL-004 REP-CANCEL-005 REP-CANCEL-011 the caller leaves",
  five,
  [
    both.watch(1n, { cancelUpdate: { update: by(1n), writeConsistency: WriteConsistency.MAJORITY } }),
    opened(1n, at(5n)),
  ],
  [both.watch(7n), opened(7n, at(5n))],
  [both.leaves(1n), left(1n, changes(by(1n), WriteConsistency.MAJORITY)), news(7n, at(6n))],
  [changed(by(1n)), news(7n, at(7n))],
  [both.leaves(7n), left(7n)],
  [changed(by(1n))],
);
