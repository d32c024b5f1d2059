import { build, type Config } from "../sdk/index.js";
import { actions } from "./action.js";
import { cloudstate } from "./cloudstate.js";
import { eventSourcedEntities } from "./eventsourced.js";
import { replicatedEntities } from "./replicated.js";
import { valueEntities } from "./value.js";

/** The whole of the program: what a support library serves to be certified. */
export const config: Config = {
  name: "stateward-typescript-model",
  version: build.version, // released together
  entities: [...eventSourcedEntities, ...valueEntities, ...replicatedEntities, ...actions],
  cloudstate,
};
