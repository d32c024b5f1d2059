// What a function says, in a line that a test can hold against another.
import { createRegistry, type DescFile, fromBinary, toJsonString } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import type { ActionResponse } from "../../gen/stateward/action/v1/action_pb.js";
import type { ClientAction, Failure, SideEffect } from "../../gen/stateward/entity/v1/entity_pb.js";
import type { HandleResponse as EventSourcedResponse } from "../../gen/stateward/eventsourced/v1/eventsourced_pb.js";
import type { HandleResponse as ValueResponse } from "../../gen/stateward/value/v1/value_pb.js";
import { Code } from "../refusal.js";

/** Shows what functions answer whose messages are in these files. */
export class Show {
  readonly #registry: ReturnType<typeof createRegistry>;

  constructor(...files: DescFile[]) {
    this.#registry = createRegistry(...files);
  }

  /** An answer of an event sourced entity. */
  eventSourced = ({ message }: EventSourcedResponse): string => {
    if (message.case === "failure") return broken(message.value);
    if (message.case === "snapshotResponse") return `state ${this.payload(message.value.snapshot)}`;
    if (message.case !== "reply") return "nothing";
    const {
      commandId,
      clientAction,
      events,
      eventMetadata,
      snapshot,
      sideEffects,
      delete: deletion,
    } = message.value;
    return words(
      `${commandId} ${this.action(clientAction)}`,
      ...events.map((event, i) => {
        const with_ =
          eventMetadata[i]?.entries.map(({ key, value }) => ` ${key}=${String(value.value)}`).join("") ?? "";
        return `event ${this.payload(event)}${with_}`;
      }),
      snapshot && `snapshot ${this.payload(snapshot)}`,
      ...this.effects(sideEffects),
      deletion && `delete ${deletion.retention}`,
    );
  };

  /** An answer of a value entity. */
  value = ({ message }: ValueResponse): string => {
    if (message.case === "failure") return broken(message.value);
    if (message.case !== "reply") return "nothing";
    const { commandId, clientAction, sideEffects, stateAction } = message.value;
    const change = stateAction?.action;
    return words(
      `${commandId} ${this.action(clientAction)}`,
      change?.case === "update" && `update ${this.payload(change.value.value)}`,
      change?.case === "update" && change.value.expireAfter > 0n && `for ${change.value.expireAfter} ms`,
      change?.case === "delete" && "delete",
      ...this.effects(sideEffects),
    );
  };

  /** One response of an action. */
  response = ({ response, sideEffects }: ActionResponse): string => {
    const action = { action: response } as ClientAction;
    return words(response.case === undefined ? "no case" : this.action(action), ...this.effects(sideEffects));
  };

  action(clientAction: ClientAction | undefined): string {
    const action = clientAction?.action;
    switch (action?.case) {
      case "reply": {
        const metadata =
          action.value.metadata?.entries.map(({ key, value }) => ` ${key}=${String(value.value)}`) ?? [];
        return `reply ${this.payload(action.value.payload)}${metadata.join("")}`;
      }
      case "forward":
        return `forward ${shortName(action.value.serviceName)}.${action.value.commandName} ${this.payload(action.value.payload)}`;
      case "failure":
        return `failure ${Code[action.value.code]} ${action.value.description}${action.value.restart ? " restart" : ""}`;
      default:
        return "no action";
    }
  }

  effects(effects: readonly SideEffect[]): string[] {
    return effects.map(({ serviceName, commandName, payload, synchronous, durable }) => {
      const how = `${durable ? "durable " : ""}${synchronous ? "awaited " : ""}`;
      return `${how}effect ${shortName(serviceName)}.${commandName} ${this.payload(payload)}`;
    });
  }

  payload(payload: Any | undefined): string {
    if (payload === undefined) return "none";
    const schema = this.#registry.getMessage(payload.typeUrl.replace("type.googleapis.com/", ""));
    return schema === undefined ? payload.typeUrl : toJsonString(schema, fromBinary(schema, payload.value));
  }
}

function broken({ commandId, description }: Failure): string {
  return `broken ${commandId}: ${description}`;
}

function shortName(typeName: string): string {
  return typeName.slice(typeName.lastIndexOf(".") + 1);
}

function words(...all: (string | false | undefined)[]): string {
  return all.filter((word) => word !== false && word !== undefined).join(", ");
}
