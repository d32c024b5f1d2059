import { readFileSync } from "node:fs";

/** What this support library calls itself in discovery. */
export const libraryName = "stateward-typescript";

/** Which build this is. */
export interface Build {
  /** Of this support library, and of the programs that are released with it. */
  readonly version: string;
  /** Of the repository; empty where it is not known. */
  readonly commit: string;
}

/** What the build wrote beside the code; "dev" in one that was not told. */
export const build: Build = read(new URL("../build.json", import.meta.url));

function read(file: URL): Build {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Build;
  } catch {
    return { version: "dev", commit: "" };
  }
}
