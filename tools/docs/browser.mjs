// A headless browser that looks at pages from files: what they complain of, and what
// they load from elsewhere, are problems. Without a browser it says so, and fails in CI.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((p) => existsSync(p));
const problems = [];
let browser;

export const expect = (ok, problem) => { if (!ok) problems.push(problem); };
export const url = (folder, page) => pathToFileURL(`${resolve(folder)}/`).href + page;

// check runs the named check, says what was wrong, and ends the process.
export async function check(name, body) {
  if (!browserPath) {
    console.error(`${name}: skipped, no chromium is installed`);
    process.exit(process.env.CI === "true" ? 1 : 0);
  }
  browser = await chromium.launch({
    executablePath: browserPath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  try {
    await body();
  } catch (error) {
    problems.push(`${name}: ${error.message}`);
  } finally {
    await browser.close();
  }
  problems.forEach((p) => console.error(p));
  process.exit(problems.length ? 1 : 0);
}

// open opens an empty page that has these options.
export async function open(options) {
  const page = await (await browser.newContext(options)).newPage();
  page.on("console", (m) => m.type() === "error" && problems.push(`${page.url()}: ${m.text()}`));
  page.on("pageerror", (e) => problems.push(`${page.url()}: ${e.message}`));
  page.on("request", (r) => expect(/^(file|data|blob):/.test(r.url()), `${page.url()} loads ${r.url()}`));
  return page;
}

// over is by how many pixels the page is wider than the window.
export const over = (page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
