// What the README shows compiles.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** What stands in front of each block: what its reader knows by its name. */
const known = `
import { Code, Refusal, action, codec, eventSourced, ORSet, replicated, value } from "./sdk/index.js";
import { Cart } from "./cart/cart.js";
import { CartSnapshotSchema, ItemAddedSchema } from "./gen/stateward/samples/cart/v1/events_pb.js";
import { ShoppingCartService } from "./gen/stateward/samples/cart/v1/cart_pb.js";
import { CustomerProfileService } from "./gen/stateward/samples/profile/v1/profile_pb.js";
import { ProfileSchema } from "./gen/stateward/samples/profile/v1/stored_pb.js";
import { PresenceService } from "./gen/stateward/samples/presence/v1/presence_pb.js";
import { TemperatureService, type WatchRequest, type WatchResponse } from "./gen/stateward/samples/temperature/v1/temperature_pb.js";
declare function record(reading: WatchRequest): WatchResponse;
`;

test("every block of the README compiles", () => {
  // This file runs as dist/sdk/readme.test.js.
  const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
  const text = readFileSync(file("README.md"), "utf8");
  const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code ?? "");
  assert.ok(blocks.length >= 4, "there are blocks of each kind");

  const config = ts.readConfigFile(file("tsconfig.json"), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, dirname(file("README.md")));
  const sources = new Map(blocks.map((code, i) => [file(`block${i + 1}.ts`), known + code]));
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    readFile: (path) => sources.get(path) ?? disk.readFile(path),
    fileExists: (path) => sources.has(path) || disk.fileExists(path),
    getSourceFile: (path, version) => {
      const text = sources.get(path);
      return text === undefined
        ? disk.getSourceFile(path, version)
        : ts.createSourceFile(path, text, version);
    },
  };
  const program = ts.createProgram([...sources.keys()], { ...options, noEmit: true }, host);
  const mistakes = [...sources.keys()].flatMap((path) => {
    const source = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) => `${path}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    );
  });
  assert.deepEqual(mistakes, []);
});
