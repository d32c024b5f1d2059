import { create } from "@bufbuild/protobuf";
import { type HandleResponse, HandleResponseSchema } from "../../gen/stateward/multiplex/v1/multiplex_pb.js";
import { cut } from "../health.js";
import type { Code } from "../refusal.js";

/** What the description of a failure may hold, in bytes (MUX-FAIL-003). */
const longestDescription = 1024;

/** The last frame of a handle, which says how it has ended. */
export type Last = HandleResponse["frame"];

/** That of a handle that ends in good order. */
export const closed: Last = create(HandleResponseSchema, { frame: { case: "closed", value: {} } }).frame;

/** That of a handle that is broken. */
export function failure(code: Code, description: string): Last {
  const value = { code, description: cut(description, longestDescription) };
  return create(HandleResponseSchema, { frame: { case: "failure", value } }).frame;
}
