import { setTimeout as sleep } from "node:timers/promises";
import type { Server } from "@grpc/grpc-js";
import type { Server as Listener, Socket } from "node:net";
import { Connection } from "./capability.js";
import { discoveryService } from "./discovery.js";
import type { Entity, Kind } from "./entity.js";
import type { UserFunction } from "./function.js";
import { serveConnection } from "./grpc.js";
import { healthService } from "./health.js";
import { Host } from "./host.js";
import type { Service } from "./service.js";

/** A connection that is open: its server, and the socket below it. */
interface Open {
  readonly server: Server;
  readonly socket: Socket;
}

/**
 * Serves the function on a listener, which it closes, until the signal is aborted. It
 * then stops in order: no new connection and no new stream is taken, each command at
 * hand is answered, every stream ends. It rejects where that took longer than
 * stopWithin, and breaks what is left; and where the listener fails first.
 */
export async function serve(fn: UserFunction, listener: Listener, until: AbortSignal): Promise<void> {
  const host = new Host(fn.log);
  const services = servicesOf(fn, host);
  const connections = new Set<Open>();
  listener.on("connection", (socket) => {
    const open = { server: serveConnection(socket, services, new Connection(), fn.log), socket };
    connections.add(open);
    socket.on("close", () => {
      connections.delete(open);
      open.server.forceShutdown();
    });
  });
  try {
    await ended(listener, until);
  } finally {
    listener.close();
    host.stop();
    await stop(connections, fn.stopWithin);
  }
}

/** Every service of the function. */
function servicesOf(fn: UserFunction, host: Host): Service[] {
  const kinds = new Map<Kind, Entity[]>();
  for (const entity of fn.config.entities)
    kinds.set(entity.kind, [...(kinds.get(entity.kind) ?? []), entity]);
  const served = [...kinds].map(([kind, entities]) => kind.serve(host, entities));
  return [healthService(fn.health), discoveryService(fn.spec, fn.log), ...served];
}

/** Waits for the signal; rejects where the listener fails before. */
async function ended(listener: Listener, until: AbortSignal): Promise<void> {
  if (until.aborted) return;
  await new Promise<void>((resolve, reject) => {
    listener.on("error", reject);
    until.addEventListener("abort", () => {
      resolve();
    });
  });
}

/** Ends the connections gracefully within so many milliseconds; after them, at once. */
async function stop(connections: ReadonlySet<Open>, within: number): Promise<void> {
  const late = new AbortController();
  const all = Promise.all(
    [...connections].map(async ({ server, socket }) => {
      await new Promise((resolve) => {
        socket.on("close", resolve);
        server.tryShutdown(() => {
          socket.end(); // has no streams any more
          resolve(undefined);
        });
      });
    }),
  );
  const inTime = await Promise.race([
    all.then(() => true),
    sleep(within, false, { signal: late.signal }).catch(() => true),
  ]);
  late.abort();
  for (const { socket } of connections) socket.destroy();
  if (!inTime) throw new Error(`stopped with commands still being handled after ${within} ms`);
}
