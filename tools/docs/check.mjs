// Looks at the rendered specification in a browser: the filter filters, an
// anchor is reached, every diagram is drawn, nothing complains, nothing is
// loaded but the site's own files. Without a browser it says so, and fails in CI.
import { existsSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const folder = resolve(process.argv[2]);
const pictures = process.argv[3]; // a folder for screenshots, if any
const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((p) => existsSync(p));
if (!browserPath) {
  console.error("checkdocs: skipped, no chromium is installed");
  process.exit(process.env.CI === "true" ? 1 : 0);
}

const problems = [];
const expect = (ok, problem) => { if (!ok) problems.push(problem); };
const url = (page) => pathToFileURL(`${folder}/`).href + page;
const browser = await chromium.launch({
  executablePath: browserPath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

async function open(options) {
  const page = await (await browser.newContext(options)).newPage();
  page.on("console", (m) => m.type() === "error" && problems.push(`${page.url()}: ${m.text()}`));
  page.on("pageerror", (e) => problems.push(`${page.url()}: ${e.message}`));
  page.on("request", (r) => expect(/^(file|data|blob):/.test(r.url()), `${page.url()} loads ${r.url()}`));
  return page;
}

async function drawn(page) {
  await page.waitForFunction(() => document.body.dataset.drawn === "yes", undefined, { timeout: 60_000 });
  return page.evaluate(() => [...document.querySelectorAll("pre.mermaid")].map((d) =>
    d.querySelector("svg") !== null && !d.querySelector(".error-icon")));
}

try {
  for (const look of [{ name: "wide" }, { name: "phone", viewport: { width: 390, height: 844 } }, { name: "dark", colorScheme: "dark" }]) {
    const page = await open(look);
    let diagrams = 0;
    for (const file of readdirSync(folder).filter((f) => f.endsWith(".html")).sort()) {
      await page.goto(url(file));
      const results = await drawn(page);
      diagrams += results.length;
      results.forEach((ok, i) => expect(ok, `${look.name}: ${file}: diagram ${i + 1} is not drawn`));
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(over <= 0, `${look.name}: ${file} is ${over} px wider than the window`);
      if (pictures && ["index.html", "event-sourced.html"].includes(file)) {
        await page.screenshot({ path: `${pictures}/${look.name}-${file}.png` });
      }
    }
    expect(diagrams > 0, "there is no diagram");
    console.log(`${look.name}: ${diagrams} diagrams`);
  }
  const page = await open({});
  await page.goto(url("index.html"));
  await page.keyboard.press("Tab");
  await page.locator("#filter input").focus();
  await page.keyboard.type("ES-REPLAY-003");
  await page.locator("#filter select[name=role]").selectOption("function");
  const shown = page.locator("#requirements > li:not([hidden]) > a.id");
  expect(await shown.first().textContent() === "ES-REPLAY-003", "the filter does not find ES-REPLAY-003");
  await shown.first().focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/event-sourced\.html#ES-REPLAY-003$/);
  await drawn(page);
  expect(await page.locator("#ES-REPLAY-003:target").count() === 1, "the anchor is not the target");
} finally {
  await browser.close();
}
problems.forEach((p) => console.error(p));
process.exit(problems.length ? 1 : 0);
