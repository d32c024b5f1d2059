import { Code, Refusal } from "../../refusal.js";

/** What a counter throws that would leave its range (REP-LIMIT-004): the caller of the command gets OUT_OF_RANGE. */
export function outOfRange(): Refusal {
  return new Refusal(Code.OUT_OF_RANGE, "the counter would leave its range");
}
