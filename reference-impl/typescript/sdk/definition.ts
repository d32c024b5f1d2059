import {
  create,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescService,
  type MessageShape,
} from "@bufbuild/protobuf";
import {
  type Entity as Line,
  EntitySchema,
  PassivationStrategySchema,
  TimeoutPassivationStrategySchema,
} from "../gen/stateward/discovery/v1/discovery_pb.js";
import type { Entity, Kind } from "./entity.js";

/** The names of a service's methods, as its descriptor has them in TypeScript. */
export type MethodName<S extends DescService> = keyof S["method"] & string;

/** What a method is given. */
export type RequestOf<S extends DescService, M extends MethodName<S>> = MessageShape<S["method"][M]["input"]>;

/** The descriptor of what a method gives. */
export type OutputOf<S extends DescService, M extends MethodName<S>> = S["method"][M]["output"];

/**
 * What the definition of an entity holds whatever its kind. Mistakes are collected,
 * and come out of mistakes, all at once.
 */
export abstract class Definition<S extends DescService> implements Entity {
  abstract readonly kind: Kind;
  readonly service: S;
  readonly stored: DescFile[] = [];

  readonly #entityType: string;
  readonly #persistenceId: string;
  readonly #handled = new Set<string>(); // methods, by their short names
  readonly #mistakes: string[] = [];
  #passivateAfter: number | undefined; // ms; undefined: the proxy decides

  /**
   * Begins the definition of an entity: the service of the protocol that serves its kind,
   * the user's service, and the name under which its state is stored, which is empty for
   * an action.
   */
  constructor(kind: DescService, service: S, persistenceId: string) {
    this.#entityType = kind.typeName;
    this.service = service;
    this.#persistenceId = persistenceId;
  }

  /**
   * Asks the proxy to passivate the entity after so many milliseconds without commands,
   * instead of its own time; at least 1 (DISC-ENT-004). Of an action it is not read
   * (ACT-DISC-003).
   */
  passivateAfter(milliseconds: number): this {
    if (!Number.isSafeInteger(milliseconds) || milliseconds < 1) {
      this.complain(
        `the passivation timeout is ${milliseconds} ms, not a whole number from 1 (DISC-ENT-004)`,
      );
    } else {
      this.#passivateAfter = milliseconds;
    }
    return this;
  }

  describe(): Line {
    const line = create(EntitySchema, {
      entityType: this.#entityType,
      serviceName: this.service.typeName,
      persistenceId: this.#persistenceId,
    });
    if (this.#passivateAfter !== undefined) {
      const value = create(TimeoutPassivationStrategySchema, { timeout: BigInt(this.#passivateAfter) });
      line.passivationStrategy = create(PassivationStrategySchema, { strategy: { case: "timeout", value } });
    }
    return line;
  }

  mistakes(): string[] {
    const forgotten = this.service.methods.filter((method) => !this.#handled.has(method.name));
    return [
      ...this.#mistakes,
      ...forgotten.map((method) => `${this.service.typeName}.${method.name}: no handler`),
    ];
  }

  /** The state holds messages of this type: their file goes into the answer to Discover, so that a proxy can show what it keeps. */
  protected stores(schema: DescMessage): void {
    this.stored.push(schema.file);
  }

  /** Adds a mistake of the author to those that mistakes returns. */
  protected complain(mistake: string): void {
    this.#mistakes.push(`${this.service.typeName}: ${mistake}`);
  }

  /** Notes that the method has a handler, and returns its descriptor; complains where there is none, or a second. */
  protected handles(name: string): DescMethod | undefined {
    const method = this.service.methods.find(({ localName }) => localName === name);
    if (method === undefined) {
      this.complain(`there is no method ${JSON.stringify(name)} to handle`);
    } else if (this.#handled.has(method.name)) {
      this.complain(`${name} has two handlers`);
    } else {
      this.#handled.add(method.name);
      return method;
    }
    return undefined;
  }
}
