import { once } from "node:events";
import { lstat, unlink } from "node:fs/promises";
import { connect, createServer, isIPv6, type ListenOptions, type Server } from "node:net";

/** The environment of a program. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a function listens: a host and port, or the path of a unix socket. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string };

/**
 * The address that the environment names (DISC-LISTEN-001); a variable that is empty
 * counts as one that is not there. Throws for a port that is none.
 */
export function addressOf(environment: Environment): Address {
  const set = (name: string, otherwise: string): string =>
    environment[name] === "" ? otherwise : (environment[name] ?? otherwise);
  const socket = set("SOCKET", "");
  if (socket !== "") return { path: socket };
  const host = set("HOST", "127.0.0.1");
  if (host.startsWith("unix:")) return { path: host.slice("unix:".length) }; // DISC-LISTEN-003
  const port = set("PORT", "8080");
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) {
    throw new Error(`PORT is ${JSON.stringify(port)}, not a number from 0 to 65535`);
  }
  return { host, port: Number(port) };
}

/** The address as gRPC dials it from this machine: a host that stands for all of them as loopback. */
export function targetOf(address: Address): string {
  if ("path" in address) return `unix:${address.path}`;
  const host = { "0.0.0.0": "127.0.0.1", "::": "::1" }[address.host] ?? address.host;
  return `${isIPv6(host) ? `[${host}]` : host}:${address.port}`;
}

/** The address as people read it. */
export function showAddress(address: Address): string {
  return "path" in address
    ? address.path
    : `${isIPv6(address.host) ? `[${address.host}]` : address.host}:${address.port}`;
}

/** Opens the address. Port 0 takes a free one. */
export async function listen(address: Address): Promise<Server> {
  if ("path" in address) await removeStale(address.path);
  const server = createServer({ noDelay: true });
  const options: ListenOptions = address;
  server.listen(options);
  await once(server, "listening"); // rejects where it cannot listen
  return server;
}

/** The address on which the server really listens. */
export function listeningOn(server: Server): Address {
  const address = server.address();
  if (address === null) throw new Error("the server does not listen");
  return typeof address === "string" ? { path: address } : { host: address.address, port: address.port };
}

/**
 * Removes the socket that a killed process left at the path, so that the next one can
 * listen there. Throws for a path that is in use.
 */
async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(except("ENOENT"));
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`${path} is a file, not a socket; it stays`);
  const client = connect(path);
  try {
    await once(client, "connect");
  } catch (error) {
    except("ECONNREFUSED")(error);
    await unlink(path);
    return;
  } finally {
    client.destroy();
  }
  throw new Error(`another process listens on ${path}`);
}

/** Takes an error of this code for nothing, and throws any other. */
function except(code: string): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof Error && "code" in error && error.code === code)) throw error;
  };
}
