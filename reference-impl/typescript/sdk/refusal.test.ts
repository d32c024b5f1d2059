// What is thrown, and what its caller gets.
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { asRefusal, Code, failureOf, Refusal } from "./refusal.js";

/** What a call by gRPC fails with, here because it is given up at once. */
async function failedCall(): Promise<ServiceError> {
  const client = new Client("unix:/nobody", credentials.createInsecure());
  const same = (bytes: Buffer): Buffer => bytes;
  try {
    return await new Promise((resolve, reject) => {
      client
        .makeUnaryRequest("/some.Service/Call", same, same, Buffer.alloc(0), (error) => {
          if (error === null) reject(new Error("nobody has answered"));
          else resolve(error);
        })
        .cancel();
    });
  } finally {
    client.close();
  }
}

test("a call by gRPC that fails refuses, by its status", async () => {
  const refusal = asRefusal(await failedCall());
  assert.deepEqual([refusal?.code, refusal?.message], [Code.CANCELLED, "Cancelled on client"]);
});

// A server may say what is no code of gRPC.
test("a call by gRPC that fails with an unknown code refuses with UNKNOWN", () => {
  const error = Object.assign(new Error("17: odd"), { code: 17, details: "odd", metadata: new Metadata() });
  const refusal = asRefusal(error);
  assert.ok(refusal);
  const { code, description } = failureOf(1n, refusal);
  assert.deepEqual([code, description], [Code.UNKNOWN, "odd"]);
});

for (const [name, error] of [
  ["an error", new TypeError("oops")],
  [
    "an error of Node's",
    Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", errno: -111 }),
  ],
  ["an error with a number", Object.assign(new Error("HTTP"), { code: 5 })],
  ["an abort", Object.assign(new Error("aborted", { cause: new Error("why") }), { name: "AbortError" })],
  ["what is no error", { code: Code.ABORTED, details: "no", metadata: new Metadata() }],
  ["nothing", undefined],
] as const) {
  test(`a defect: ${name}`, () => assert.equal(asRefusal(error), undefined));
}

test("a refusal is one, also behind an abort", () => {
  const refusal = new Refusal(Code.ABORTED, "no");
  assert.equal(asRefusal(refusal), refusal);
  assert.equal(
    asRefusal(Object.assign(new Error("aborted", { cause: refusal }), { name: "AbortError" })),
    refusal,
  );
});
