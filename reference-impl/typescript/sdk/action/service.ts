import type { DescService } from "@bufbuild/protobuf";
import { ActionService } from "../../gen/stateward/action/v1/action_pb.js";
import type { Kind } from "../entity.js";
import { type Handler, serviceOf } from "../service.js";
import type { ActionCommand, ActionResponse } from "../../gen/stateward/action/v1/action_pb.js";
import type { Action } from "./action.js";
import { Call, type Shape } from "./call.js";

/** The kind of actions: serves every shape of stateward.action.v1.ActionService, whichever the actions have (ACT-DISC-001). */
export const actionKind: Kind = {
  stateful: false,
  serve(host, entities) {
    const actions = new Map(
      entities.map((entity) => [entity.service.typeName, entity as unknown as Action<DescService>]),
    );
    const shaped =
      (shape: Shape): Handler<ActionCommand, ActionResponse> =>
      (stream) =>
        new Call(host, actions, shape, stream).serve();
    return serviceOf(ActionService, {
      handleUnary: shaped("unary"),
      handleStreamedIn: shaped("client_streaming"),
      handleStreamedOut: shaped("server_streaming"),
      handleStreamed: shaped("bidi_streaming"),
    });
  },
};
