import type { DiscoverResponse } from "../gen/stateward/discovery/v1/discovery_pb.js";
import { type Cloudstate, cloudstateMistakes, describeCloudstate, type Dialect } from "./cloudstate.js";
import type { Entity } from "./entity.js";
import { describe } from "./discovery.js";
import { Health } from "./health.js";
import { type Log, textLog } from "./log.js";

/** Says what a function is. */
export interface Config {
  /** The name of the user's service, for people; not empty. */
  readonly name: string;
  /** Its version, for people; not empty. */
  readonly version: string;
  /** What the function serves; at least one. Order is free. */
  readonly entities: readonly Entity[];
  /** Gets what the function has to say. Default: lines on standard error. */
  readonly log?: Log;
  /** Says whether commands may be sent. Default: always. */
  readonly health?: Health;
  /**
   * Bounds, in milliseconds, how long a proxy may take to hand the entities over once the
   * function stops, and then again how long commands that are being handled may take to
   * end. A whole number from 1 to 2^31 - 1: to a proxy, 0 would mean no bound at all
   * (LIFE-DRAIN-001). Default: 5000.
   */
  readonly stopWithin?: number;
  /**
   * How the function is called in the dialect of Cloudstate 0.2, in which it is then
   * served too. Default: it speaks version 1 alone.
   */
  readonly cloudstate?: Cloudstate;
  /** The only dialect to serve. Default: each that the function speaks. */
  readonly dialect?: string;
}

/** How long each half of a stop may take where the author does not say, in ms. */
const usualStop = 5000;

/** The longest that a timer counts, in ms. */
const longestStop = 2 ** 31 - 1;

/** Every mistake in the configuration, so that an author mends all of them at once and the proxy is never told a wrong thing. */
function mistakesIn(config: Config): string[] {
  const mistakes: string[] = [];
  if (config.name === "" || config.version === "")
    mistakes.push("a function has a name and a version (DISC-INFO-002)");
  if (config.entities.length === 0) mistakes.push("a function serves at least one entity (DISC-ENT-003)");
  const { stopWithin = usualStop } = config;
  if (!Number.isSafeInteger(stopWithin) || stopWithin < 1 || stopWithin > longestStop) {
    mistakes.push(`stopWithin is ${stopWithin} ms, not a whole number from 1 to ${longestStop}`);
  }
  const { dialect, cloudstate } = config;
  if (dialect !== undefined && !speaks(config).includes(dialect)) {
    mistakes.push(`dialect is ${JSON.stringify(dialect)}, which the function does not speak`);
  }
  if (cloudstate !== undefined) mistakes.push(...cloudstateMistakes(cloudstate, config.entities));
  const services = new Set<string>();
  const owners = new Map<string, string>(); // persistence id → service
  for (const entity of config.entities) {
    mistakes.push(...entity.mistakes());
    const { serviceName, persistenceId } = entity.describe();
    const owner = owners.get(persistenceId);
    if (services.has(serviceName)) {
      mistakes.push(`${serviceName}: listed twice (DISC-ENT-003)`);
    } else if (owner !== undefined && persistenceId !== "") {
      mistakes.push(
        `${serviceName}: persistence id ${JSON.stringify(persistenceId)} is already that of ${owner} (DISC-ENT-002)`,
      );
    }
    services.add(serviceName);
    owners.set(persistenceId, serviceName);
  }
  return mistakes;
}

/** The dialects in which the function can be served. */
function speaks({ cloudstate }: Config): string[] {
  const both: Dialect[] = ["v1", "cloudstate-0.2"];
  return both.slice(0, cloudstate === undefined ? 1 : 2);
}

/** A user function that is ready to be served. */
export class UserFunction {
  readonly config: Config;
  readonly log: Log;
  readonly health: Health;
  readonly stopWithin: number;
  /** What every Discover is answered with. */
  readonly spec: DiscoverResponse;
  /** What every discover of Cloudstate 0.2 is. */
  readonly oldSpec: DiscoverResponse;

  /** Throws an error that names every mistake in the configuration, a line each. */
  constructor(config: Config) {
    const mistakes = mistakesIn(config);
    if (mistakes.length > 0) throw new Error(mistakes.join("\n"));
    this.config = config;
    this.log = config.log ?? textLog((line) => process.stderr.write(line));
    this.health = config.health ?? new Health();
    this.stopWithin = config.stopWithin ?? usualStop;
    this.spec = describe(config);
    this.oldSpec = describeCloudstate(config.cloudstate ?? {}, config.entities, this.spec);
  }

  /** Whether the function is served in the dialect. */
  serves(dialect: Dialect): boolean {
    return speaks(this.config).includes(dialect) && (this.config.dialect ?? dialect) === dialect;
  }
}
