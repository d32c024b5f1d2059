#!/usr/bin/env node
// The shopping cart: the sample that every reference function serves. The domain is in
// cart.ts, what binds it to the protocol in entity.ts.
import { build, main } from "../sdk/index.js";
import { cartEntity } from "./entity.js";

await main({
  name: "stateward-typescript-cart",
  version: build.version, // released together
  entities: [cartEntity],
  cloudstate: {}, // every name is the same there
});
