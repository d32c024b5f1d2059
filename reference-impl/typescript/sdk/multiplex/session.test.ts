// A multiplexed stream, frame by frame.
import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { HandleResponseSchema as ValueResponseSchema } from "../../gen/stateward/value/v1/value_pb.js";
import type { Method } from "../service.js";
import { command, init, show, Talk } from "../sdktest/multiplex.js";

/** A kind that says nothing until its stream is over. */
const quiet: Method["handle"] = ({ signal }) =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve()));

test("two handles, each an activation of its own, until the half-close (CORE-STREAM-002, MUX-END-003, MUX-MSG-002, MUX-MSG-005)", async () => {
  const talk = new Talk()
    .start()
    .open(1n)
    .open(2n)
    .message(1n, command(1n))
    .message(2n, command(1n))
    .message(1n, command(2n))
    .message(2n, command(2n))
    .halfClose();
  assert.equal(await talk.ended, "OK");
  const said = (await talk.rest()).map(show);
  for (const handle of ["1", "2"]) {
    const own = said.filter((line) => line.startsWith(handle));
    assert.deepEqual(
      own.filter((line) => !line.includes("credit")),
      [`${handle} reply 1`, `${handle} reply 2`, `${handle} closed`],
    );
  }
});

test("bytes are given back once their message is being handled (MUX-CREDIT-004 to MUX-CREDIT-007)", async () => {
  const talk = new Talk().start().open(1n);
  assert.equal(await talk.hears(), `1 credit ${init.length}`);
  const large = command(1n, "a".repeat(70_000)); // more than the window, with a full balance (MUX-CREDIT-011)
  talk.message(1n, large);
  const said = [await talk.hears(), await talk.hears()].sort();
  assert.deepEqual(said, [`1 credit ${large.length}`, "1 reply 1"]);
  talk.close(1n);
  assert.equal(await talk.hears(), "1 closed"); // MUX-CLOSE-002
  talk.halfClose();
  assert.equal(await talk.ended, "OK");
});

test("a reset is acknowledged at once, and late frames are nothing (MUX-CLOSE-003, MUX-CLOSE-008)", async () => {
  const talk = new Talk(quiet).start().open(1n).close(1n, true);
  assert.equal(await talk.hears(), "1 closed");
  talk
    .frame(1n, { case: "credit", value: { bytes: 1n } })
    .close(1n, true)
    .message(1n, init);
  assert.match(await talk.ended, /a frame for handle 1, which is done \(MUX-WRONG-002\)/);
});

test("what a kind's handler throws fails its handle alone (MUX-FAIL-001)", async () => {
  const talk = new Talk(async (stream) => {
    await stream.next();
    throw new TypeError("defect");
  })
    .start()
    .open(1n)
    .open(2n);
  const said = [await talk.hears(), await talk.hears()].sort();
  assert.deepEqual(
    said,
    ["1", "2"].map((n) => `${n} failure INTERNAL the function failed; its log has the stack`),
  );
  talk.close(1n).close(2n).halfClose();
  assert.equal(await talk.ended, "OK");
});

test("a handle that breaks a rule fails, and the stream goes on (MUX-WRONG-001, MUX-MSG-003)", async () => {
  for (const [serve, break_, reason] of [
    [
      quiet,
      (talk: Talk) => talk.message(1n, new Uint8Array(65536)),
      /^1 failure INVALID_ARGUMENT a message of 65536 bytes/,
    ],
    [
      quiet,
      (talk: Talk) => talk.message(1n, new Uint8Array(0)),
      /^1 failure INVALID_ARGUMENT a message of 0 bytes/,
    ],
    [
      quiet,
      (talk: Talk) => talk.frame(1n, { case: "credit", value: { bytes: 1n } }),
      /^1 failure INVALID_ARGUMENT credit of 1 bytes/,
    ],
    [
      quiet,
      (talk: Talk) => talk.frame(1n, { case: undefined }),
      /^1 failure INVALID_ARGUMENT a frame without a case/,
    ],
    [
      undefined,
      (talk: Talk) => talk.message(1n, Uint8Array.of(0xff)),
      /^1 failure INVALID_ARGUMENT a message that cannot be read/,
    ],
  ] as const) {
    const talk = new Talk(serve).start().open(1n);
    break_(talk);
    let said = await talk.hears();
    while (said.includes("credit ") && !said.includes("failure")) said = await talk.hears();
    assert.match(said, reason);
    talk.reset();
    assert.equal(await talk.ended, "Refusal: the call is over");
  }
});

test("a handle that begins without init ends as a plain stream does (MUX-OPEN-003)", async () => {
  const talk = new Talk().start().open(1n, command(3n)).close(1n).halfClose();
  assert.equal(await talk.ended, "OK");
  const said = (await talk.rest()).map(show).filter((line) => !line.includes("credit"));
  assert.deepEqual(said, ["1 failure ", "1 closed"]);
});

test("what does not fit together ends the stream", async () => {
  for (const [speak, reason] of [
    [(talk: Talk) => talk.open(1n), /the first frame is not start \(MUX-START-003\)/],
    [(talk: Talk) => talk.start("x"), /no stateful kind "x" here \(MUX-START-004\)/],
    [(talk: Talk) => talk.start().start(), /a second start, or one for a handle \(MUX-WRONG-002\)/],
    [(talk: Talk) => talk.start().open(2n), /handle 2 opened behind 0 \(MUX-OPEN-004\)/],
    [
      (talk: Talk) => talk.start().message(1n, init),
      /a frame for handle 1, which was never opened \(MUX-WRONG-002\)/,
    ],
  ] as const) {
    const talk = new Talk();
    speak(talk);
    assert.match(await talk.ended, reason);
  }
});

test("a function that stops opens nothing more, and ends with its last handle (MUX-DRAIN-002)", async () => {
  const talk = new Talk().start().open(1n);
  await talk.hears(); // credit: it is open
  talk.host.stop();
  assert.equal(await talk.hears(), "1 failure UNAVAILABLE the function is stopping");
  assert.equal(await talk.ended, "Refusal: the function is stopping");
});

test("a message waits for credit, others do not (MUX-CREDIT-003)", async () => {
  const value = { typeUrl: "x".repeat(40_000) };
  const reply = { stateAction: { action: { case: "update" as const, value: { value } } } };
  const large = create(ValueResponseSchema, { message: { case: "reply", value: reply } });
  const talk = new Talk(async (stream) => {
    await stream.send(large);
    await stream.send(large);
  })
    .start()
    .open(1n);
  const bytes = toBinary(ValueResponseSchema, large).length;
  assert.equal(await talk.hears(), "1 reply 0");
  talk.frame(1n, { case: "credit", value: { bytes: BigInt(bytes) } });
  assert.equal(await talk.hears(), "1 reply 0");
  assert.equal(await talk.hears(), "1 closed");
  talk.close(1n).halfClose();
  assert.equal(await talk.ended, "OK");
});

test("any frames end in a defined way (MUX-CLOSE-004, MUX-MSG-007, MUX-MSG-008)", async () => {
  const number = fc.bigInt({ min: -1n, max: 3n });
  const bytes = fc.oneof(
    fc.constantFrom(init, command(1n), command(2n, "a")),
    fc.uint8Array({ maxLength: 9 }),
  );
  const frame = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.tuple(number, bytes).map(
        ([n, message]) =>
          (talk: Talk) =>
            talk.open(n, message),
      ),
    },
    {
      weight: 4,
      arbitrary: fc.tuple(number, bytes).map(
        ([n, message]) =>
          (talk: Talk) =>
            talk.message(n, message),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(number, fc.boolean()).map(
        ([n, reset]) =>
          (talk: Talk) =>
            talk.close(n, reset),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(number, fc.bigInt({ min: -1n, max: 99n })).map(
        ([n, value]) =>
          (talk: Talk) =>
            talk.frame(n, { case: "credit", value: { bytes: value } }),
      ),
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: 12 }), async (frames) => {
      const talk = new Talk().start().open(1n);
      for (const speak of frames) speak(talk);
      talk.halfClose();
      assert.match(await talk.ended, /^(OK|Refusal: .*\(MUX-[A-Z]+-\d+\))$/);
      const done = new Set<bigint>();
      for (const { handle, frame: said } of await talk.rest()) {
        assert.ok(handle >= 1n && handle <= 3n, "a handle that may have been opened");
        assert.ok(!done.has(handle), "nothing comes behind the last frame");
        assert.ok(said.case !== undefined && (said.case !== "message" || said.value.length > 0));
        if (said.case === "closed" || said.case === "failure") done.add(handle);
      }
    }),
    { numRuns: 300 },
  );
});
