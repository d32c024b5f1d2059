// Looks at the rendered specification in a browser: the filter filters, an
// anchor is reached, every diagram is drawn, nothing complains, nothing is
// loaded but the site's own files.
import { readdirSync } from "node:fs";
import { check, expect, open, over, url } from "./browser.mjs";

const folder = process.argv[2];
const pictures = process.argv[3]; // a folder for screenshots, if any

async function drawn(page) {
  await page.waitForFunction(() => document.body.dataset.drawn === "yes", undefined, { timeout: 60_000 });
  return page.evaluate(() => [...document.querySelectorAll("pre.mermaid")].map((d) =>
    d.querySelector("svg") !== null && !d.querySelector(".error-icon")));
}

await check("checkdocs", async () => {
  for (const look of [{ name: "wide" }, { name: "phone", viewport: { width: 390, height: 844 } }, { name: "dark", colorScheme: "dark" }]) {
    const page = await open(look);
    let diagrams = 0;
    for (const file of readdirSync(folder).filter((f) => f.endsWith(".html")).sort()) {
      await page.goto(url(folder, file));
      const results = await drawn(page);
      diagrams += results.length;
      results.forEach((ok, i) => expect(ok, `${look.name}: ${file}: diagram ${i + 1} is not drawn`));
      const pixels = await over(page);
      expect(pixels <= 0, `${look.name}: ${file} is ${pixels} px wider than the window`);
      if (pictures && ["index.html", "event-sourced.html"].includes(file)) {
        await page.screenshot({ path: `${pictures}/${look.name}-${file}.png` });
      }
    }
    expect(diagrams > 0, "there is no diagram");
    console.log(`${look.name}: ${diagrams} diagrams`);
  }
  const page = await open({});
  await page.goto(url(folder, "index.html"));
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
});
