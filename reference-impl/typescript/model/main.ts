#!/usr/bin/env node
// Serves the models of the kit: what a support library serves to be certified.
import { main } from "../sdk/index.js";
import { config } from "./config.js";

await main(config);
