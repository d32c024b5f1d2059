import { create } from "@bufbuild/protobuf";
import { DiscoverRequestSchema } from "../../gen/stateward/discovery/v1/discovery_pb.js";
import type { Capability } from "../capability.js";
import { Connection } from "../connection.js";
import { Commands } from "../command.js";
import type { Surroundings } from "../conversation.js";
import { textLog } from "../log.js";

/** What a stream has around it in a test: a proxy that has these capabilities, and a log that is kept. */
export class TestSurroundings implements Surroundings {
  readonly connection = new Connection();
  readonly commands = new Commands();
  readonly signal = new AbortController().signal;
  readonly log = textLog((line) => (this.logged += line));
  /** Everything that was logged. */
  logged = "";

  constructor(...capabilities: Capability[]) {
    this.connection.proxy = create(DiscoverRequestSchema, { capabilities });
  }
}
