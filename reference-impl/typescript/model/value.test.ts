// The model of value entities, as transcripts: what is said, what is answered.
import type { MessageInitShape } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  file_stateward_tck_value_v1_value as file,
  PersistedSchema,
  ProcessRequestSchema,
  type RequestActionSchema,
  ValueEntityTckModelService,
} from "../gen/stateward/tck/value/v1/value_pb.js";
import type { HandleRequest } from "../gen/stateward/value/v1/value_pb.js";
import { pack } from "../sdk/index.js";
import { Show } from "../sdk/sdktest/show.js";
import { TestSurroundings } from "../sdk/sdktest/surroundings.js";
import * as says from "../sdk/sdktest/value.js";
import type { AnyValueEntity } from "../sdk/value/activation.js";
import { ValueConversation } from "../sdk/value/conversation.js";
import { valueEntities } from "./value.js";

type Action = NonNullable<MessageInitShape<typeof RequestActionSchema>["action"]>;

const definitions = new Map(
  valueEntities.map((entity) => [entity.service.typeName, entity as unknown as AnyValueEntity]),
);
const show = new Show(file);

/** One stream, told whole: a message, and what answers it; "" for silence. What ends the stream ends with ".". */
function transcript(name: string, ...lines: (readonly [HandleRequest, string])[]): void {
  test(name, async () => {
    const stream = new ValueConversation(definitions, new TestSurroundings());
    for (const [said, answered] of lines) {
      const { answers, more } = await stream.step(said);
      assert.equal(answers.map(show.value).join("; ") + (more ? "" : "."), answered);
    }
  });
}

const model = ValueEntityTckModelService.typeName;
const init = says.init(model, "e");
const process = (id: bigint, ...actions: Action[]): HandleRequest => {
  const payload = pack(ProcessRequestSchema, { id: "e", actions: actions.map((action) => ({ action })) });
  return says.command({ entityId: "e", id, name: "Process", payload });
};
const persisted = (value: string) => pack(PersistedSchema, { value });
const update = (value: string): Action => ({ case: "update", value: { value } });
const remove: Action = { case: "delete", value: {} };
const fail: Action = { case: "fail", value: { message: "no" } };

transcript(
  "the last change counts (VAL-CMD-004 to VAL-CMD-006, VAL-CMD-008)",
  [init, ""],
  [process(1n), "1 reply {}"],
  [process(2n, update("a"), update("b")), '2 reply {"message":"b"}, update {"value":"b"}'],
  [process(3n), '3 reply {"message":"b"}'],
  [process(4n, update("c"), remove), "4 reply {}, delete"],
  [process(5n, remove, update("d")), '5 reply {"message":"d"}, update {"value":"d"}'],
);
transcript(
  "the value of init, and of one that has every default (VAL-CMD-010, VAL-INIT-010)",
  [says.init(model, "e", persisted("a")), ""],
  [process(1n), '1 reply {"message":"a"}'],
  [process(2n, update("")), "2 reply {}, update {}"],
);
transcript(
  "a failed command has changed nothing (VAL-FAIL-002, VAL-FAIL-004)",
  [says.init(model, "e", persisted("a")), ""],
  [process(1n, update("b"), { case: "effect", value: { id: "t" } }, fail), "1 failure UNKNOWN no"],
  [process(2n, remove, fail), "2 failure UNKNOWN no"],
  [process(3n), '3 reply {"message":"a"}'],
);
transcript(
  "a forward is the answer, beside the change and effects in order (VAL-CMD-009)",
  [init, ""],
  [
    process(
      1n,
      { case: "effect", value: { id: "x" } },
      { case: "forward", value: { id: "t" } },
      update("a"),
      { case: "effect", value: { id: "y", synchronous: true } },
    ),
    '1 forward ValueEntityTwoService.Call {"id":"t"}, update {"value":"a"}, effect ValueEntityTwoService.Call {"id":"x"}, awaited effect ValueEntityTwoService.Call {"id":"y"}',
  ],
);
transcript(
  "an init without a state (VAL-INIT-011)",
  [says.say({ case: "init", value: { serviceName: model, entityId: "e" } }), ""],
  [process(1n), "1 reply {}"],
);
for (const entityId of [" ", "\0", "a/b", "e\u0301\u{1f34e}", "__proto__"]) {
  transcript(
    `the entity ${JSON.stringify(entityId)} (CORE-KEY-002)`,
    [says.init(model, entityId), ""],
    [
      says.command({ entityId, id: 1n, name: "Process", payload: pack(ProcessRequestSchema, {}) }),
      "1 reply {}",
    ],
  );
}
transcript(
  "a passivation ends the stream (LIFE-PASS-005)",
  [init, ""],
  [says.say({ case: "passivate", value: {} }), "."],
);
transcript(
  "a command that nobody handles (CORE-CMD-003)",
  [init, ""],
  [
    says.command({ entityId: "e", id: 1n, name: "Other" }),
    '1 failure UNIMPLEMENTED stateward.tck.value.v1.ValueEntityTckModelService has no method "Other" (CORE-CMD-003)',
  ],
);
transcript(
  "a command without a payload (CORE-CMD-005)",
  [init, ""],
  [
    says.command({ entityId: "e", id: 1n, name: "Process" }),
    "1 failure INVALID_ARGUMENT Process: there is no payload (CORE-CMD-005)",
  ],
);

// What no proxy says: the stream ends with a failure (CORE-FAIL-002).
transcript("a second init", [init, ""], [init, "broken 0: a second init (VAL-INIT-007)."]);
transcript("an unknown service", [says.init("x", "e"), 'broken 0: no value entity "x" (VAL-INIT-008).']);
transcript("no entity id", [says.init(model, ""), "broken 0: an init without an entity id (CORE-KEY-001)."]);
transcript("a value of another type (VAL-INIT-009)", [
  says.init(model, "e", pack(ProcessRequestSchema, {})),
  'broken 0: the value: the payload is of type "type.googleapis.com/stateward.tck.value.v1.ProcessRequest", not stateward.tck.value.v1.Persisted (VAL-INIT-009).',
]);
transcript("a command before init", [process(3n), "broken 3: a command before init (VAL-INIT-004)."]);
transcript(
  "another entity's command",
  [init, ""],
  [
    says.command({ entityId: "f", id: 3n, name: "Process" }),
    'broken 3: a command for "f" on the stream of "e" (VAL-CMD-007).',
  ],
);
transcript(
  "no case",
  [init, ""],
  [says.say({ case: undefined }), "broken 0: a message without a case that is known here (CORE-STREAM-004)."],
);
