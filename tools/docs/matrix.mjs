// Looks at the matrix of published reports in a browser: in windows of every width, dark
// and light, filtered, and without scripts. The folder has matrix.html, of twelve subjects,
// and hostile-matrix.html, whose texts want to break it (see TestHTML in tck/report/index).
// The files after the folders are matrices too, such as the one that is published.
import { check, expect, open, over, url } from "./browser.mjs";
import { basename, dirname } from "node:path";

const [folder, pictures, ...published] = process.argv.slice(2);
const narrow = { viewport: { width: 360, height: 740 }, hasTouch: true };
const looks = { wide: {}, narrow, dark: { colorScheme: "dark" }, "dark-narrow": { ...narrow, colorScheme: "dark" } };
const heads = "#matrix thead th[data-subject]:not([hidden])";

await check("checkmatrix", async () => {
  for (const [name, options] of Object.entries(looks)) {
    await look(folder, "matrix.html", name, options);
    await look(folder, "hostile-matrix.html", name, options);
    for (const file of published) await look(dirname(file), basename(file), `published-${name}`, options);
  }
  await filters();
  await withoutScripts();
});

// look wants nothing wider than the window, every cell in words, and colours that fit.
async function look(folder, file, name, options) {
  const page = await open(options);
  page.on("dialog", (d) => { expect(false, "a foreign script runs"); d.dismiss(); });
  await page.goto(url(folder, file));
  expect((await page.title()) !== "broken" && (await page.locator("img, script").count()) === 1, `${file}: there is something foreign`);
  await page.locator("details").evaluateAll((all) => all.forEach((d) => { d.open = true; }));
  expect(await over(page) <= 0, `${file}, ${name}: the page is ${await over(page)} px wider than the window`);
  const cells = await page.locator("#matrix .cells td .what").allTextContents();
  expect(cells.length > 0 && cells.every((text) => /^[✓~✗–] (passed|failed|known failures|not declared)/.test(text)), `${file}: the cells say ${cells}`);
  if (name.includes("narrow")) {
    const broad = await page.locator("#matrix td").evaluateAll((all) => all.filter((td) => td.getBoundingClientRect().right > innerWidth).length);
    expect(broad === 0, `${file}, ${name}: ${broad} cells reach out of the window`);
    const written = await page.locator("#matrix td").evaluateAll((all) => all.filter((td) => {
      const range = document.createRange();
      range.selectNodeContents(td.querySelector(".who"));
      return range.getBoundingClientRect().right > td.querySelector(".what").getBoundingClientRect().left;
    }).length);
    expect(written === 0, `${file}, ${name}: ${written} names stand upon what is said of them`);
    expect(await page.locator("#matrix .cells .who").first().isVisible(), `${file}, ${name}: a cell does not say whose it is`);
  }
  const colours = await page.evaluate(() => [getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]);
  const light = (colour) => Number(colour.match(/\d+/)[0]) > 127;
  expect(light(colours[0]) === name.includes("dark") && light(colours[1]) !== name.includes("dark"), `${file}, ${name}: the colours are ${colours}`);
  if (pictures) await page.screenshot({ path: `${pictures}/${file.replace(".html", "")}-${name}.png`, fullPage: true });
}

// filters narrows the table in each way, and finds the filter again in the address.
async function filters() {
  const page = await open({});
  await page.goto(url(folder, "matrix.html"));
  const shown = () => page.locator(heads).count();
  expect((await shown()) === 12, `${await shown()} subjects are shown at first`);
  await page.keyboard.press("/");
  await page.keyboard.type("acme 1.1");
  expect((await shown()) === 3, `${await shown()} subjects fit "acme 1.1"`);
  expect((await page.locator("output").textContent()) === "3 of 12 subjects", "the count is wrong");
  await page.keyboard.press("Escape");
  expect((await shown()) === 12, "Escape does not clear the search");
  await page.locator("select[name=result]").selectOption("bad");
  expect((await shown()) === 1, `${await shown()} subjects have failed something`);
  const visible = await page.locator("#matrix .cells tr:first-child td").evaluateAll((all) => all.filter((td) => !td.hidden).map((td) => td.className));
  expect(visible.join() === "bad", `the cells that are left are ${visible}`);
  await page.locator("select[name=profile]").selectOption("value");
  expect((await shown()) === 0 && (await page.locator("#nothing").isVisible()), "nobody has failed value, and nothing says so");
  await page.locator("select[name=result]").selectOption("none");
  expect((await shown()) === 1, `${await shown()} subjects do not declare value`);
  const again = await open({});
  await again.goto(page.url());
  expect((await again.locator(heads).count()) === 1, `the address ${page.url()} does not keep the filter`);
  await again.locator("button[type=reset]").click();
  await again.waitForFunction((selector) => document.querySelectorAll(selector).length === 12, heads);
}

async function withoutScripts() {
  const page = await open({ javaScriptEnabled: false });
  await page.goto(url(folder, "matrix.html"));
  expect(!(await page.locator("#filter").isVisible()), "there is a filter that does nothing");
  expect((await page.locator("#matrix .cells td").count()) === 24, "cells are missing");
  await page.locator("#matrix details summary").first().click();
  expect(await page.locator("#matrix details li").first().isVisible(), "what did not pass cannot be opened");
}
