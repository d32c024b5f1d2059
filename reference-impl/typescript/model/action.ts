import {
  ActionTckModelService,
  ActionTwoService,
  type ProcessRequest,
  type ProcessResponseSchema,
  type ProcessStep,
} from "../gen/stateward/tck/action/v1/action_pb.js";
import { action, type ActionAnswer, type ActionContext, Code, type Entity, Refusal } from "../sdk/index.js";

type ModelAnswer = ActionAnswer<typeof ProcessResponseSchema>;

/** The target of every forward and effect. */
const two = ActionTwoService.method.call;

const model = action(ActionTckModelService)
  .call("processUnary", (context, request) => perform(context, stepsOf(request)))
  .call("processStreamedIn", async (context, requests) => {
    const steps: ProcessStep[] = [];
    for await (const request of requests) steps.push(...stepsOf(request));
    return perform(context, steps);
  })
  .call("processStreamedOut", processStreamedOut)
  .call("processStreamed", async function* (context, requests) {
    for await (const request of requests) yield* processStreamedOut(context, request);
  });

/** Answers each group. A failure ends no call: the groups behind it are answered too. */
function* processStreamedOut(context: ActionContext, { groups }: ProcessRequest): Generator<ModelAnswer> {
  for (const { steps } of groups) yield perform(context, steps);
}

/** Performs the steps of one response: the last reply, forward or fail among them counts, and every effect. */
function perform(context: ActionContext, steps: readonly ProcessStep[]): ModelAnswer {
  let answer: ModelAnswer;
  for (const { step } of steps) {
    switch (step.case) {
      case "reply":
        answer = { message: step.value.message };
        break;
      case "forward":
        answer = context.forward(two, { id: step.value.id });
        break;
      case "fail":
        answer = new Refusal(Code.UNKNOWN, step.value.message);
        break;
      case "effect":
        context.effect(two, { id: step.value.id }, { synchronous: step.value.synchronous });
        break;
      default:
        return new Refusal(Code.INVALID_ARGUMENT, "a step without a case that is known here");
    }
  }
  return answer;
}

/** The steps of all groups, in their order. */
function stepsOf({ groups }: ProcessRequest): ProcessStep[] {
  return groups.flatMap(({ steps }) => steps);
}

/** The two of profile action. */
export const actions: Entity[] = [model, action(ActionTwoService).call("call", () => ({}))];
