// The model of event sourced entities, as transcripts: what is said, what is answered.
import type { MessageInitShape } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { HandleRequest } from "../gen/stateward/eventsourced/v1/eventsourced_pb.js";
import {
  EventSourcedTckModelService,
  file_stateward_tck_eventsourced_v1_eventsourced as file,
  PersistedSchema,
  ProcessRequestSchema,
  type RequestActionSchema,
} from "../gen/stateward/tck/eventsourced/v1/eventsourced_pb.js";
import { Capability, pack } from "../sdk/index.js";
import type { AnyEventSourced } from "../sdk/eventsourced/activation.js";
import { EventSourcedConversation } from "../sdk/eventsourced/conversation.js";
import * as says from "../sdk/sdktest/eventsourced.js";
import { Show } from "../sdk/sdktest/show.js";
import { TestSurroundings } from "../sdk/sdktest/surroundings.js";
import { eventSourcedEntities } from "./eventsourced.js";

type Action = NonNullable<MessageInitShape<typeof RequestActionSchema>["action"]>;

const definitions = new Map(
  eventSourcedEntities.map((entity) => [entity.service.typeName, entity as unknown as AnyEventSourced]),
);
const show = new Show(file);
const every = [
  Capability.DURABLE_EFFECTS,
  Capability.EVENT_METADATA,
  Capability.SNAPSHOT_REQUEST,
  Capability.EVENT_SOURCED_DELETE,
];

/** One message, and what answers it; "" for silence. What ends the stream ends with ".". */
type Line = readonly [HandleRequest, string];

/** One stream, told whole; its name cites the requirements that it measures. */
function transcript(name: string, ...lines: Line[]): void {
  test(name, async () => tell(every, lines));
}

async function tell(capabilities: Capability[], lines: readonly Line[]): Promise<void> {
  const stream = new EventSourcedConversation(definitions, new TestSurroundings(...capabilities));
  for (const [said, answered] of lines) {
    const { answers, more } = await stream.step(said);
    assert.equal(answers.map(show.eventSourced).join("; ") + (more ? "" : "."), answered);
  }
}

const init = says.init(EventSourcedTckModelService.typeName, "e");
const process = (id: bigint, ...actions: Action[]): HandleRequest => {
  const payload = pack(ProcessRequestSchema, { id: "e", actions: actions.map((action) => ({ action })) });
  return says.command({ entityId: "e", id, name: "Process", payload });
};
const persisted = (value: string) => pack(PersistedSchema, { value });
const emit = (value: string, metadata = ""): Action => ({ case: "emit", value: { value, metadata } });
const fail: Action = { case: "fail", value: { message: "no" } };
const forward: Action = { case: "forward", value: { id: "t" } };
const effect = (id: string, synchronous = false, durable = false): Action => ({
  case: "effect",
  value: { id, synchronous, durable },
});
const deletion = (retention: bigint): Action => ({ case: "delete", value: { retention } });
const ask = says.say({ case: "snapshotRequest", value: {} });

transcript(
  "commands read and emit, one answer each (CORE-CMD-002, CORE-CMD-006, ES-CMD-001, ES-DEL-002, ES-EMIT-001 to ES-EMIT-003)",
  [init, ""],
  [process(1n), "1 reply {}"],
  [process(2n, emit("a"), emit("b")), '2 reply {"message":"ab"}, event {"value":"a"}, event {"value":"b"}'],
  [process(3n), '3 reply {"message":"ab"}'],
  [process(4n, emit("")), '4 reply {"message":"ab"}, event {}'], // ES-EMIT-005
);

transcript(
  "replay is silent, and brings the state (ES-REPLAY-003, ES-REPLAY-004, ES-REPLAY-007)",
  [says.init(EventSourcedTckModelService.typeName, "e", [2n, persisted("ab")]), ""],
  [says.event(3n, persisted("c")), ""],
  [process(1n), '1 reply {"message":"abc"}'],
);

transcript(
  "a snapshot with the fifth event since the last, those of the journal included (ES-SNAP-001, ES-SNAP-004)",
  [init, ""],
  [says.event(1n, persisted("a")), ""],
  [
    process(1n, emit("b"), emit("c"), emit("d")),
    '1 reply {"message":"abcd"}, event {"value":"b"}, event {"value":"c"}, event {"value":"d"}',
  ],
  [process(2n, emit("e")), '2 reply {"message":"abcde"}, event {"value":"e"}, snapshot {"value":"abcde"}'],
  [process(3n, emit("f")), '3 reply {"message":"abcdef"}, event {"value":"f"}'],
);

transcript(
  "what fails before it emits leaves the entity as it was (ES-FAIL-003, CORE-FAIL-001, CORE-FAIL-004)",
  [init, ""],
  [process(1n, emit("a")), '1 reply {"message":"a"}, event {"value":"a"}'],
  [process(2n, effect("t"), fail), "2 failure UNKNOWN no"],
  [process(3n), '3 reply {"message":"a"}'],
);

transcript(
  "what fails after it emitted asks for a restart, and nothing follows (ES-FAIL-004, CORE-RESTART-001)",
  [init, ""],
  [process(1n, emit("a"), effect("t"), fail), "1 failure UNKNOWN no restart"],
  [process(2n), "broken 2: a command after a failure with restart (CORE-RESTART-001)."],
);

transcript(
  "a forward is the answer, beside events and effects in order (ES-EMIT-004, FX-FWD-005, FX-EFF-007)",
  [init, ""],
  [
    process(1n, effect("x"), emit("a"), forward, effect("y", true)),
    '1 forward EventSourcedTwoService.Call {"id":"t"}, event {"value":"a"}, effect EventSourcedTwoService.Call {"id":"x"}, awaited effect EventSourcedTwoService.Call {"id":"y"}',
  ],
);

transcript(
  "what belongs to capabilities in force (ES-ASK-005, ES-EVENT-003, FX-DUR-001, FX-DUR-002, ES-DEL-001)",
  [init, ""],
  [
    process(1n, emit("a", "m"), emit("b")),
    '1 reply {"message":"ab"}, event {"value":"a"} x-tck=m, event {"value":"b"}',
  ],
  [
    process(2n, effect("t", false, true)),
    '2 reply {"message":"ab"}, durable effect EventSourcedTwoService.Call {"id":"t"}',
  ],
  [ask, 'state {"value":"ab"}'],
  [
    process(3n, deletion(-1n)),
    "3 failure INVALID_ARGUMENT events are kept for 0 to 3153600000000 ms, not -1 (ES-DEL-005)",
  ],
  [
    process(4n, emit("c"), emit("d"), emit("e"), emit("f"), emit("g"), deletion(7n)),
    '4 reply {"message":"abcdefg"}, event {"value":"c"}, event {"value":"d"}, event {"value":"e"}, event {"value":"f"}, event {"value":"g"}, delete 7',
  ],
);

test("what belongs to no capability in force is refused, and not sent (DISC-CAP-006)", async () =>
  tell(
    [],
    [
      [init, ""],
      [
        process(1n, emit("a", "m")),
        "1 failure FAILED_PRECONDITION the proxy stores no metadata of events (DISC-CAP-006)",
      ],
      [
        process(2n, effect("t", false, true)),
        "2 failure FAILED_PRECONDITION the proxy keeps no durable side effects (DISC-CAP-006)",
      ],
      [
        process(3n, deletion(0n)),
        "3 failure FAILED_PRECONDITION the proxy deletes no event sourced entities (DISC-CAP-006)",
      ],
      [process(4n, emit("a")), '4 reply {"message":"a"}, event {"value":"a"}'],
    ],
  ));

transcript(
  "a command that nobody handles (CORE-CMD-003)",
  [init, ""],
  [
    says.command({ entityId: "e", id: 1n, name: "Other" }),
    '1 failure UNIMPLEMENTED stateward.tck.eventsourced.v1.EventSourcedTckModelService has no method "Other" (CORE-CMD-003)',
  ],
);
transcript(
  "a payload that cannot be read (CORE-CMD-005)",
  [init, ""],
  [
    says.command({ entityId: "e", id: 1n, name: "Process", payload: persisted("a") }),
    '1 failure INVALID_ARGUMENT Process: the payload is of type "type.googleapis.com/stateward.tck.eventsourced.v1.Persisted", not stateward.tck.eventsourced.v1.ProcessRequest (CORE-CMD-005)',
  ],
);
transcript(
  "a passivation ends the stream (LIFE-PASS-005)",
  [init, ""],
  [says.say({ case: "passivate", value: {} }), "."],
);

// What no proxy says: the stream ends with a failure (CORE-FAIL-002).
const other = pack(ProcessRequestSchema, {});
for (const [name, before, said, reason] of [
  ["a second init", [init], init, "0: a second init (ES-INIT-004)"],
  ["an unknown service", [], says.init("x", "e"), '0: no event sourced entity "x" (ES-INIT-005)'],
  [
    "no entity id",
    [],
    says.init(EventSourcedTckModelService.typeName, ""),
    "0: an init without an entity id (CORE-KEY-001)",
  ],
  [
    "a snapshot of another type",
    [],
    says.init(EventSourcedTckModelService.typeName, "e", [4n, other]),
    '0: snapshot 4: the payload is of type "type.googleapis.com/stateward.tck.eventsourced.v1.ProcessRequest", not stateward.tck.eventsourced.v1.Persisted (ES-REPLAY-005)',
  ],
  ["an event before init", [], says.event(1n, persisted("a")), "0: an event before init (ES-INIT-003)"],
  ["a gap", [init], says.event(2n, persisted("a")), "0: event 2 after 0 (ES-REPLAY-006)"],
  [
    "an event of another type",
    [init],
    says.event(1n, other),
    '0: event 1: nothing applies events of type "type.googleapis.com/stateward.tck.eventsourced.v1.ProcessRequest" (ES-REPLAY-005)',
  ],
  [
    "an event whose bytes cannot be read (ES-REPLAY-011)",
    [init],
    says.event(1n, { ...persisted("a"), value: Uint8Array.of(0x0a, 5, 0x61) }),
    "0: event 1: the payload is not a stateward.tck.eventsourced.v1.Persisted: premature EOF (ES-REPLAY-005)",
  ],
  [
    "an event after a command",
    [init, process(1n)],
    says.event(1n, persisted("a")),
    "0: an event after a command (ES-REPLAY-006)",
  ],
  ["a command before init", [], process(3n), "3: a command before init (ES-INIT-003)"],
  [
    "another entity's command",
    [init],
    says.command({ entityId: "f", id: 3n, name: "Process" }),
    '3: a command for "f" on the stream of "e" (ES-CMD-002)',
  ],
  [
    "a request for the state too early",
    [init],
    ask,
    "0: a snapshot request before the first command, or after a failure with restart (ES-ASK-001)",
  ],
  [
    "no case",
    [init],
    says.say({ case: undefined }),
    "0: a message without a case that is known here (CORE-STREAM-004)",
  ],
] as const) {
  test(`${name} breaks the stream`, async () => {
    const stream = new EventSourcedConversation(definitions, new TestSurroundings());
    for (const request of before) assert.ok((await stream.step(request)).more);
    const { answers, more } = await stream.step(said);
    assert.deepEqual([answers.map(show.eventSourced), more], [[`broken ${reason}`], false]);
  });
}
