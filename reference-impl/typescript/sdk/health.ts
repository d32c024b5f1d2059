import { create } from "@bufbuild/protobuf";
import {
  Health as HealthService,
  HealthCheckResponse_ServingStatus as Status,
  HealthCheckResponseSchema,
} from "../gen/grpc/health/v1/health_pb.js";
import { Code, Refusal } from "./refusal.js";
import { type Service, serviceOf, unary } from "./service.js";

/** The most that a reason may hold, in bytes (LIFE-HEALTH-006). */
const maxReason = 1024;

/**
 * What a function says of itself: whether commands may be sent to it. A database that
 * it needs is gone, a model is still being loaded. It is the function that is well or
 * not, not one entity: an entity that cannot answer refuses its commands.
 */
export class Health {
  #reason: string | undefined; // undefined while it serves
  readonly #watchers = new Set<() => void>();

  /** Why commands would fail; undefined where they may be sent. */
  get notServingReason(): string | undefined {
    return this.#reason;
  }

  /** Says that commands may be sent. */
  serving(): void {
    this.#set(undefined);
  }

  /**
   * Says that commands would fail, and why, for people. Commands that are at hand are
   * answered all the same. A reason is cut after 1024 bytes (LIFE-HEALTH-006).
   */
  notServing(reason: string): void {
    this.#set(cut(reason, maxReason));
  }

  /** Calls back at each change, until it is released. */
  onChange(tell: () => void): () => void {
    this.#watchers.add(tell);
    return () => this.#watchers.delete(tell);
  }

  #set(reason: string | undefined): void {
    if (this.#reason === reason) return;
    this.#reason = reason;
    for (const tell of this.#watchers) tell();
  }
}

/** As much of the text as fits into so many bytes of UTF-8. */
export function cut(text: string, bytes: number): string {
  const { written, read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes));
  return written === 0 ? "" : text.slice(0, read).toWellFormed();
}

/**
 * grpc.health.v1.Health, for whoever starts and stops the function; a proxy never asks
 * there. It has no Watch, whose open streams would outlast a graceful stop.
 */
export function healthService(health: Health): Service {
  return serviceOf(HealthService, {
    check: unary(({ service }) => {
      if (service !== "") {
        // the server as a whole
        throw new Refusal(
          Code.NOT_FOUND,
          `health is known of the whole function alone, not of ${JSON.stringify(service)}`,
        );
      }
      const serving = health.notServingReason === undefined;
      return create(HealthCheckResponseSchema, { status: serving ? Status.SERVING : Status.NOT_SERVING });
    }),
  });
}
