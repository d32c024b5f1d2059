import { setTimeout as sleep } from "node:timers/promises";
import type { Server } from "@grpc/grpc-js";
import type { Server as Listener, Socket } from "node:net";
import type { DiscoverResponse } from "../gen/stateward/discovery/v1/discovery_pb.js";
import { Connection } from "./connection.js";
import { speakCloudstate } from "./dialect.js";
import { discoveryService } from "./discovery.js";
import type { Entity, Kind } from "./entity.js";
import type { UserFunction } from "./function.js";
import { serveConnection } from "./grpc.js";
import { healthService } from "./health.js";
import { Host } from "./host.js";
import { Lifecycle } from "./lifecycle.js";
import { multiplexService } from "./multiplex/service.js";
import type { Method, Service } from "./service.js";

/** A connection that is open: its server, and the socket below it. */
interface Open {
  readonly server: Server;
  readonly socket: Socket;
}

/**
 * Serves the function on a listener, which it closes, until the signal is aborted. It
 * then stops in order. First it drains: a proxy that watches it is told, and takes its
 * entities away, which may take stopWithin. Then no new connection and no new stream is
 * taken, each command at hand is answered, every stream ends. It rejects where that took
 * longer than stopWithin, and breaks what is left; and where the listener fails first.
 */
export async function serve(fn: UserFunction, listener: Listener, until: AbortSignal): Promise<void> {
  const host = new Host(fn.log);
  const lifecycle = new Lifecycle(host, fn.health, fn.stopWithin);
  const services = [healthService(fn.health)];
  if (fn.serves("v1")) services.push(...servicesOf(fn, fn.spec, host, lifecycle));
  if (fn.serves("cloudstate-0.2")) {
    services.push(
      ...speakCloudstate(servicesOf(fn, fn.oldSpec, host, lifecycle), fn.config.cloudstate ?? {}),
    );
  }
  const connections = new Set<Open>();
  listener.on("connection", (socket) => {
    const connection = new Connection();
    const open = { server: serveConnection(socket, services, connection, fn.log), socket };
    connections.add(open);
    socket.on("close", () => {
      connections.delete(open);
      lifecycle.release(connection);
      open.server.forceShutdown();
    });
  });
  try {
    await ended(listener, until);
    await lifecycle.drain();
  } finally {
    listener.close();
    host.stop();
    await stop(connections, fn.stopWithin);
  }
}

/**
 * What a proxy calls: discovery, lifecycle, and the service of every kind of entity that the
 * function has, those that are stateful also by multiplexed streams (MUX-USE-003, MUX-USE-004).
 */
function servicesOf(fn: UserFunction, spec: DiscoverResponse, host: Host, lifecycle: Lifecycle): Service[] {
  const kinds = new Map<Kind, Entity[]>();
  for (const entity of fn.config.entities)
    kinds.set(entity.kind, [...(kinds.get(entity.kind) ?? []), entity]);
  const stateful = new Map<string, Method>(); // of each kind, what serves one activation
  const served = [...kinds].map(([kind, entities]) => {
    const service = kind.serve(host, entities);
    if (kind.stateful) for (const method of service.methods) stateful.set(service.name, method);
    return service;
  });
  return [discoveryService(spec, fn.log), lifecycle.service(), ...served, multiplexService(host, stateful)];
}

/** Waits for the signal; rejects where the listener fails before. */
async function ended(listener: Listener, until: AbortSignal): Promise<void> {
  if (until.aborted) return;
  await new Promise<void>((resolve, reject) => {
    listener.on("error", reject);
    until.addEventListener("abort", () => resolve());
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
