// A call of grpc-js as a stream.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { connect as connectTo, type NetConnectOpts, type Socket } from "node:net";
import { test } from "node:test";
import { ActionService } from "../gen/stateward/action/v1/action_pb.js";
import { listen, listeningOn, targetOf } from "./address.js";
import { Connection } from "./connection.js";
import { serveConnection } from "./grpc.js";
import { textLog } from "./log.js";
import type { Service } from "./service.js";

/** A service with a method that says how its call goes on behind the first message. */
function serviceThat(tell: (next: Promise<unknown>) => void): Service {
  const handle: Service["methods"][number]["handle"] = async (stream) => {
    await stream.next();
    const next = stream.next();
    tell(next);
    await next.catch(() => undefined);
  };
  return { name: "Test", methods: [{ name: "Call", desc: ActionService.method.handleStreamed, handle }] };
}

test("a call that is broken off is over, and was not half-closed", async () => {
  const listener = await listen({ host: "127.0.0.1", port: 0 });
  const accepted = once(listener, "connection");
  const client = connect(`http://${targetOf(listeningOn(listener))}`).on("error", () => undefined);
  const [socket] = (await accepted) as [Socket];
  const told = new Promise<{ next: Promise<unknown> }>((resolve) => {
    const service = serviceThat((next) => resolve({ next }));
    serveConnection(
      socket,
      [service],
      new Connection(),
      textLog(() => undefined),
    );
  });
  const headers = { ":method": "POST", ":path": "/Test/Call", "content-type": "application/grpc" };
  client
    .request(headers)
    .on("error", () => undefined)
    .write(Buffer.alloc(5)); // an empty message
  const { next } = await told;
  client.destroy();
  await assert.rejects(next, /the call is over/);
  listener.close();
});

const ping = 6; // a type of frame
const settings = Buffer.from("\0\0\0\x04\0\0\0\0\0"); // a frame that sets nothing

test(
  "a proxy that is lost without a word is asked for a sign of life, and let go",
  { timeout: 20_000 },
  async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const listener = await listen({ host: "127.0.0.1", port: 0 });
    const accepted = once(listener, "connection");
    const proxy = connectTo(listeningOn(listener) as NetConnectOpts);
    const [socket] = (await accepted) as [Socket];
    serveConnection(
      socket,
      [],
      new Connection(),
      textLog(() => undefined),
    );
    proxy.write(Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), settings]));
    const frames = kindsOfFrames(proxy);
    await frames.next();
    t.mock.timers.tick(15_000);
    for await (const kind of frames) if (kind === ping) t.mock.timers.tick(20_000);
    t.mock.timers.reset();
    listener.close();
  },
);

/** The types of the frames that come, up to the end of the connection. */
async function* kindsOfFrames(socket: Socket): AsyncGenerator<number | undefined> {
  let raw = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    raw = Buffer.concat([raw, chunk]);
    while (raw.length >= 9 && raw.length >= 9 + raw.readUIntBE(0, 3)) {
      yield raw[3];
      raw = raw.subarray(9 + raw.readUIntBE(0, 3));
    }
  }
}
