import { addressOf, type Environment, listen, listeningOn, showAddress, targetOf } from "./address.js";
import { type Config, UserFunction } from "./function.js";
import { healthcheck } from "./healthcheck.js";
import { textLog } from "./log.js";
import { reason } from "./payload.js";
import { serve } from "./serve.js";
import { build, libraryName } from "./version.js";

const usage = (name: string): string => `${name} is a Stateward user function: it serves entities to a proxy.

  ${name}              serves until it is told to stop
  ${name} healthcheck  asks the one that runs at the same address how it is:
  ${" ".repeat(name.length)}              exit code 0 where it serves, 1 otherwise, or after 2 s
  ${name} --help, --version

It reads its address from the environment:

  HOST     where it listens; default 127.0.0.1; unix:PATH listens on a socket
  PORT     on which port; default 8080; 0 takes a free one and logs it
  SOCKET   path of a unix socket to listen on instead
  DIALECT  the only dialect to serve, v1 or cloudstate-0.2; default: each that it speaks

SIGTERM and SIGINT stop it in order: the commands at hand are answered first. A second
signal ends it at once.
`;

/** All that a program touches. */
export interface Surface {
  readonly args: readonly string[];
  readonly env: Environment;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Aborted when the program is to stop. */
  readonly until: AbortSignal;
  /** How long a health check waits for the function, in ms. */
  readonly patience: number;
}

/**
 * Runs the function as a program: reads the arguments and the environment (see --help),
 * serves until SIGTERM or SIGINT, and exits: with 0 after a stop in order, 1 after any
 * other end, 2 for wrong arguments. A second signal ends the process at once.
 */
export async function main(config: Config): Promise<never> {
  const stop = new AbortController();
  const signals = ["SIGTERM", "SIGINT"] as const;
  const first = (): void => {
    // The signals' own default is none for the first process of a container.
    for (const signal of signals) process.off(signal, first).on(signal, () => process.exit(1));
    stop.abort();
  };
  for (const signal of signals) process.on(signal, first);
  const code = await run(config, {
    args: process.argv.slice(2),
    env: process.env,
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    until: stop.signal,
    patience: 2000,
  });
  process.exit(code);
}

/** What {@link main} does, with everything that it touches handed in; returns the exit code. */
export async function run(config: Config, surface: Surface): Promise<number> {
  const { args, stdout, stderr } = surface;
  const [first, ...rest] = args;
  if (rest.length > 0 || !["--help", "--version", "healthcheck", undefined].includes(first)) {
    stderr(`${config.name} takes no such arguments: ${JSON.stringify(args.join(" "))}; see --help\n`);
    return 2;
  }
  if (first === "--help") {
    stdout(usage(config.name));
    return 0;
  }
  if (first === "--version") {
    const from = [build.commit, `node ${process.versions.node}`].filter((part) => part !== "").join(", ");
    stdout(`${config.name} ${config.version} (${from}), ${libraryName} ${build.version}\n`);
    return 0;
  }
  try {
    if (first === "healthcheck") await healthcheck(targetOf(addressOf(surface.env)), surface.patience);
    else await serveAt(config, surface);
    return 0;
  } catch (error) {
    stderr(`${reason(error)}\n`);
    return 1;
  }
}

/** Serves the function at the address that the environment names. */
async function serveAt(config: Config, { env, stderr, until }: Surface): Promise<void> {
  const log = config.log ?? textLog(stderr);
  const dialect = env["DIALECT"];
  const fn = new UserFunction({ ...config, log, ...(dialect && { dialect }) });
  const listener = await listen(addressOf(env));
  log.info("listening", { address: showAddress(listeningOn(listener)) });
  try {
    await serve(fn, listener, until);
  } finally {
    log.info("stopped");
  }
}
