// Looks at the pages of reports in a browser, as a person would who was given them: in
// wide and narrow windows, dark and light, with keys and without scripts. The folder has
// report.html, of a subject that ignores the snapshot, and hostile.html, whose texts want
// to break it (see TestPages in tck/app).
import { check, expect, open, over, url } from "./browser.mjs";

const folder = process.argv[2];
const pictures = process.argv[3]; // a folder for screenshots, if any
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };
const looks = { wide: {}, phone, dark: { colorScheme: "dark" }, "dark-phone": { ...phone, colorScheme: "dark" } };
const broken = "ES-REPLAY-003";
const rows = "#requirements > li:not([hidden]) summary";

await check("checkreport", async () => {
  for (const [name, options] of Object.entries(looks)) await look(name, options);
  await filters();
  await keys();
  await copies();
  await withoutScripts();
  await hostile();
  await onPaper();
});

// look opens every row of the page: nothing may be wider than the window.
async function look(name, options) {
  const page = await open(options);
  await page.goto(url(folder, `report.html#${broken}`));
  const row = page.locator(`details[id="${broken}"]`);
  expect(await row.evaluate((d) => d.open), `${name}: ${broken} is not open, though the address names it`);
  await evidence(name, row);
  if (pictures) await page.screenshot({ path: `${pictures}/report-${name}.png` });
  await page.locator("#toggle").click();
  expect(await over(page) <= 0, `${name}: the page is ${await over(page)} px wider than the window`);
  const colours = await page.evaluate(() => [getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]);
  const light = (colour) => Number(colour.match(/\d+/)[0]) > 127;
  expect(light(colours[0]) === name.includes("dark") && light(colours[1]) !== name.includes("dark"), `${name}: the colours are ${colours}`);
}

// evidence wants all of a failure to be seen: the sentence, the difference, the wire
// with the frame that is wrong, and the command that repeats it.
async function evidence(name, row) {
  const sight = async (selector, what) => expect(await row.locator(selector).first().isVisible(), `${name}: there is no ${what}`);
  await sight("blockquote", "sentence");
  await sight(".contrast del", "marked difference");
  await sight(".wire li.sent .arrow", "frame of the proxy");
  await sight(".wire li.received.broken", "frame that is marked as wrong");
  await sight(".repro code", "command to repeat it");
  const frames = await row.locator(".wire").first().locator("li").evaluateAll((all) => all.map((li) => li.getBoundingClientRect().top));
  expect(frames.length > 1 && frames.every((top, i) => i === 0 || top > frames[i - 1]), `${name}: the frames are at ${frames}`);
}

// filters narrows the list in each way, and finds the filter again in the address.
async function filters() {
  const page = await open({});
  await page.goto(url(folder, "report.html"));
  const all = await page.locator(rows).count();
  await page.locator(".chip.fail").click();
  const failed = await page.locator(rows).count();
  expect(failed > 0 && failed < all, `${failed} of ${all} rows have failed`);
  await page.locator("select[name=profile]").selectOption("event-sourced");
  await page.locator("select[name=level]").selectOption("MUST");
  await page.locator("input[name=text]").fill("es-replay applies");
  const found = await page.locator(rows).count();
  expect(found > 0 && found < failed, `${found} of ${failed} rows fit the search`);
  expect((await page.locator("output").textContent()) === `${found} of ${all}`, "the count is wrong");
  const again = await open({});
  await again.goto(page.url());
  expect((await again.locator(rows).count()) === found, `the address ${page.url()} does not keep the filter`);
  await again.locator("input[name=text]").fill("qqq");
  expect(await again.locator("#nothing").isVisible(), "nothing says that nothing fits");
  await again.locator("button[type=reset]").click();
  await again.waitForFunction((n) => document.querySelectorAll("#requirements > li:not([hidden])").length === n, all);
  await again.locator(".profiles a").first().click();
  await again.waitForFunction((n) => document.querySelectorAll("#requirements > li:not([hidden])").length < n, all);
}

// keys finds and opens a failure without a mouse.
async function keys() {
  const page = await open({});
  await page.goto(url(folder, "report.html"));
  await page.keyboard.press("/");
  await page.keyboard.type(broken);
  await page.keyboard.press("ArrowDown");
  const row = page.locator(`details[id="${broken}"]`);
  expect(await row.locator("summary").evaluate((s) => s === document.activeElement), "↓ does not reach the first row");
  await page.keyboard.press("Enter");
  expect(await row.evaluate((d) => d.open), "Enter does not open the row");
  await evidence("keys", row);
  await page.keyboard.press("Tab");
  expect(await row.locator(".copy").first().evaluate((b) => b === document.activeElement), "Tab does not reach the copy button");
  await page.keyboard.press("/");
  await page.keyboard.press("Escape");
  expect((await page.locator(rows).count()) > 1, "Escape does not clear the search");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  const second = page.locator(rows).nth(1);
  expect(await second.evaluate((s) => s === document.activeElement), "↓ does not move on");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  expect(await page.locator("input[name=text]").evaluate((i) => i === document.activeElement), "↑ does not go back to the search");
}

async function copies() {
  const page = await open({ permissions: ["clipboard-read", "clipboard-write"] });
  await page.goto(url(folder, `report.html#${broken}`));
  const repro = page.locator(`details[id="${broken}"] .repro`).first();
  await repro.locator("button").click();
  await page.waitForFunction(() => [...document.querySelectorAll(".copy")].some((b) => b.textContent === "copied"));
  const [copied, shown] = [await page.evaluate(() => navigator.clipboard.readText()), await repro.locator("code").textContent()];
  expect(copied === shown && copied.includes("--run"), `copied was ${copied}`);
}

async function withoutScripts() {
  const page = await open({ javaScriptEnabled: false });
  await page.goto(url(folder, "report.html"));
  expect(!(await page.locator("#filter").isVisible()), "there is a filter that does nothing");
  const row = page.locator(`details[id="${broken}"]`);
  if (!(await row.locator("blockquote").isVisible())) await row.locator("summary").click();
  await evidence("without scripts", row);
}

// hostile shows what wants to be more than text, as text.
async function hostile() {
  for (const options of [{}, phone]) {
    const page = await open(options);
    page.on("dialog", (d) => { expect(false, "a foreign script runs"); d.dismiss(); });
    await page.goto(url(folder, "hostile.html"));
    await page.locator("#toggle").click();
    expect((await page.title()) !== "broken", "a foreign script has run");
    expect((await page.locator("img, script").count()) === 1, "there is a foreign element");
    expect(await page.locator("[role=alert]").isVisible(), "nothing says that the report does not verify");
    expect(await over(page) <= 0, `hostile: the page is ${await over(page)} px wider than the window`);
    // Even what had got through the escaping would not run; the browser complains of it.
    page.removeAllListeners("console");
    expect(await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "document.title = 'broken'";
      document.body.append(script);
      return document.title !== "broken";
    }).catch(() => false), "the policy lets a foreign script run");
  }
}

// onPaper wants the evidence of what failed, and no controls.
async function onPaper() {
  const page = await open({});
  await page.goto(url(folder, "report.html"));
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  expect(!(await page.locator("#filter").isVisible()), "the filter is printed");
  await evidence("on paper", page.locator(`details[id="${broken}"]`));
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  expect(!(await page.locator(`details[id="${broken}"]`).evaluate((d) => d.open)), "what was closed stays open after printing");
  if (pictures) await page.pdf({ path: `${pictures}/report.pdf` });
}
