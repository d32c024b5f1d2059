// A multiplexed stream, as a proxy says and hears it.
import { create, fromBinary, type Message, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import {
  type HandleRequest,
  HandleRequestSchema,
  type HandleResponse,
} from "../../gen/stateward/multiplex/v1/multiplex_pb.js";
import {
  ProcessRequestSchema,
  ValueEntityTckModelService,
} from "../../gen/stateward/tck/value/v1/value_pb.js";
import {
  HandleRequestSchema as ValueRequestSchema,
  HandleResponseSchema as ValueResponseSchema,
  ValueEntityService,
} from "../../gen/stateward/value/v1/value_pb.js";
import { valueEntities } from "../../model/value.js";
import { Host } from "../host.js";
import { textLog } from "../log.js";
import { multiplexService } from "../multiplex/service.js";
import { pack } from "../payload.js";
import { Code } from "../refusal.js";
import type { Method } from "../service.js";
import { valueKind } from "../value/service.js";
import { TestStream } from "./stream.js";
import * as says from "./value.js";

type Frame = NonNullable<MessageInitShape<typeof HandleRequestSchema>["frame"]>;

/** A stream for the model of value entities, or for a kind of the test's. */
export class Talk extends TestStream<HandleRequest, HandleResponse> {
  readonly host = new Host(textLog(() => undefined));
  readonly ended: Promise<string>;

  constructor(serve?: Method["handle"]) {
    super();
    const method = valueKind.serve(this.host, valueEntities).methods[0] ?? assert.fail();
    const kinds = new Map([
      [ValueEntityService.typeName, serve === undefined ? method : { ...method, handle: serve }],
    ]);
    const handle = multiplexService(this.host, kinds).methods[0]?.handle ?? assert.fail();
    this.ended = handle(this as TestStream<Message, Message>).then(
      () => "OK",
      (error: unknown) => String(error),
    );
  }

  frame(handle: bigint, frame: Frame): this {
    return this.say(create(HandleRequestSchema, { handle, frame }));
  }

  start(entityType: string = ValueEntityService.typeName): this {
    return this.frame(0n, { case: "start", value: { entityType } });
  }

  open(handle: bigint, message: Uint8Array = init): this {
    return this.frame(handle, { case: "open", value: { message } });
  }

  message(handle: bigint, message: Uint8Array): this {
    return this.frame(handle, { case: "message", value: message });
  }

  close(handle: bigint, reset = false): this {
    return this.frame(handle, { case: "close", value: { reset } });
  }

  /** The next frame, in a word. */
  async hears(): Promise<string> {
    return show(await this.hear());
  }
}

/** The first message of an activation. */
export const init = toBinary(ValueRequestSchema, says.init(ValueEntityTckModelService.typeName, "e"));

/** A command that sets the value, where there is one to set. */
export const command = (id: bigint, update = ""): Uint8Array => {
  const actions = update === "" ? [] : [{ action: { case: "update" as const, value: { value: update } } }];
  const payload = pack(ProcessRequestSchema, { id: "e", actions });
  return toBinary(ValueRequestSchema, says.command({ entityId: "e", id, name: "Process", payload }));
};

/** A frame, in a word. */
export function show({ handle, frame }: HandleResponse): string {
  switch (frame.case) {
    case "message": {
      const { message } = fromBinary(ValueResponseSchema, frame.value);
      return `${handle} ${message.case ?? ""} ${message.case === "reply" ? message.value.commandId : ""}`;
    }
    case "credit":
      return `${handle} credit ${frame.value.bytes}`;
    case "failure":
      return `${handle} failure ${Code[frame.value.code] ?? ""} ${frame.value.description}`;
    default:
      return `${handle} ${frame.case ?? ""}`;
  }
}
