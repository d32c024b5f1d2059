// A program from outside: its arguments, its signals, its sockets.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { cartEntity } from "../cart/entity.js";
import { addressOf, type Environment, listen, listeningOn, targetOf } from "./address.js";
import { run as runHere } from "./program.js";

const cart = fileURLToPath(new URL("../cart/main.js", import.meta.url));

function start(args: string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [cart, ...args], { env: { ...process.env, ...env }, stdio: "pipe" });
}

/** Runs the program to its end. */
async function run(
  args: string[],
  env?: Record<string, string>,
): Promise<{ code: number; out: string; err: string }> {
  const program = start(args, env);
  let out = "";
  let err = "";
  program.stdout?.on("data", (text) => (out += String(text)));
  program.stderr?.on("data", (text) => (err += String(text)));
  const [code] = (await once(program, "close")) as [number];
  return { code, out, err };
}

/**
 * Asks how the function is, as the program does that is told to. In this process, and with more
 * patience: a machine that is busy with other tests can hold up a new process for 2 seconds.
 */
async function healthcheck(env: Environment): Promise<{ code: number; err: string }> {
  let err = "";
  const code = await runHere(
    { name: "cart", version: "1", entities: [cartEntity] },
    {
      args: ["healthcheck"],
      env,
      stdout: (text) => assert.fail(text),
      stderr: (text) => (err += text),
      until: new AbortController().signal,
      patience: 20_000,
    },
  );
  return { code, err };
}

/** Waits until the program listens, and returns where. */
async function listening(program: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: program.stderr ?? assert.fail() })) {
    const address = /msg=listening address=(\S+)/.exec(line)?.[1];
    if (address !== undefined) return address;
  }
  return assert.fail("it ended");
}

test("help and version are said, and wrong arguments refused", async () => {
  const [help, version, wrong, many] = await Promise.all([
    run(["--help"]),
    run(["--version"]),
    run(["serve"]),
    run(["healthcheck", "x"]),
  ]);
  assert.equal(help.code, 0);
  for (const word of ["HOST", "PORT", "SOCKET", "DIALECT", "healthcheck"])
    assert.match(help.out, new RegExp(`\\b${word}\\b`));
  assert.equal(version.code, 0);
  assert.match(version.out, /^stateward-typescript-cart \S+ \(.*node [0-9.]+\), stateward-typescript \S+\n$/);
  assert.deepEqual([wrong.code, wrong.out], [2, ""]);
  assert.match(wrong.err, /"serve"/);
  assert.equal(many.code, 2);
});

test("it serves until SIGTERM, and stops in order", async (t) => {
  const program = start([], { PORT: "0" });
  const port = (await listening(program)).replace("127.0.0.1:", "");
  assert.deepEqual(await healthcheck({ HOST: "0.0.0.0", PORT: port }), { code: 0, err: "" });
  const { env } = process;
  t.after(() => (process.env = env));
  process.env = { ...env, http_proxy: "http://127.0.0.1:1", no_proxy: "" };
  assert.equal((await healthcheck({ PORT: port })).code, 0, "it asks the function, and nobody else");
  program.kill("SIGTERM");
  assert.deepEqual(await once(program, "exit"), [0, null]);
  const gone = await healthcheck({ PORT: port });
  assert.equal(gone.code, 1);
  assert.match(gone.err, /ECONNREFUSED/);
});

test("a second signal ends it at once", async () => {
  const program = start([], { PORT: "0" });
  const address = await listening(program);
  // A connection that never ends, which the function waits for.
  const { Client, credentials, Metadata } = await import("@grpc/grpc-js");
  const client = new Client(address, credentials.createInsecure());
  const as = (bytes: Buffer): Buffer => bytes;
  const watch = client.makeBidiStreamRequest(
    "/stateward.lifecycle.v1.LifecycleService/Watch",
    as,
    as,
    new Metadata(),
  );
  watch.on("error", () => undefined);
  watch.write(Buffer.from([0x0a, 0])); // start
  await once(watch, "data");
  program.kill("SIGINT");
  await once(watch, "data"); // draining: the signal is heard
  program.kill("SIGINT");
  assert.deepEqual(await once(program, "exit"), [1, null]);
  client.close();
});

test("it listens on a socket, and takes that of a killed process", async () => {
  const path = join(mkdtempSync(join(tmpdir(), "cart-")), "socket");
  const killed = start([], { HOST: `unix:${path}` });
  await listening(killed);
  killed.kill("SIGKILL");
  await once(killed, "exit");
  const program = start([], { SOCKET: path });
  assert.equal(await listening(program), path);
  assert.equal((await healthcheck({ SOCKET: path })).code, 0);
  const second = await run([], { SOCKET: path });
  assert.deepEqual([second.code, second.err.includes("another process listens on")], [1, true]);
  program.kill("SIGINT");
  assert.deepEqual(await once(program, "exit"), [0, null]);
});

test("what cannot be listened on is said", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "cart-")), "file");
  writeFileSync(file, "");
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const address = listeningOn(taken);
  const port = "port" in address ? String(address.port) : assert.fail();
  for (const [env, reason] of [
    [{ SOCKET: file }, /is a file, not a socket; it stays/],
    [{ PORT: "http" }, /PORT is "http", not a number/],
    [{ PORT: "65536" }, /PORT is "65536"/],
    [{ PORT: port }, /EADDRINUSE/],
    [{ DIALECT: "v2", PORT: "0" }, /dialect is "v2", which the function does not speak/],
  ] as const) {
    const { code, err } = await run([], env);
    assert.equal(code, 1);
    assert.match(err, reason);
  }
  taken.close();
});

test("addresses (DISC-LISTEN-001, DISC-LISTEN-003)", async () => {
  assert.deepEqual(addressOf({}), { host: "127.0.0.1", port: 8080 });
  assert.deepEqual(addressOf({ HOST: "", PORT: "" }), { host: "127.0.0.1", port: 8080 });
  assert.deepEqual(addressOf({ HOST: "::", PORT: "1" }), { host: "::", port: 1 });
  assert.deepEqual(addressOf({ HOST: "unix:/a/b", PORT: "1" }), { path: "/a/b" });
  assert.deepEqual(addressOf({ HOST: "h", SOCKET: "/s" }), { path: "/s" });
  assert.equal(targetOf({ host: "0.0.0.0", port: 1 }), "127.0.0.1:1");
  assert.equal(targetOf({ host: "::", port: 1 }), "[::1]:1");
  assert.equal(targetOf({ host: "example", port: 1 }), "example:1");
  assert.equal(targetOf({ path: "/s" }), "unix:/s");
  await assert.rejects(listen({ host: "127.0.0.1", port: -1 }), RangeError);
});
