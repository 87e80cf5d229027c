// Opens pages in Chromium, light and dark, wide and at 320 px, and says what is wrong with them:
//
//   node look.mjs http://127.0.0.1:PORT FOLDER NAME…
//
// A line for each view, "ok NAME THEME WIDTH", or one for each fault, "bad NAME THEME WIDTH: KIND: …". A fault is a finding
// of axe-core, a page wider than its window, and what browser.mjs collects. FOLDER gets a picture of each view.
import { join } from "node:path";
import { audit, browser, inTurn, open, prompt } from "./browser.mjs";
import { seen } from "./looks.mjs";

const [origin, folder, ...names] = process.argv.slice(2);
const themes = { light: "dark", dark: "light" }; // each with the wish of the system that it overrides
const widths = [1280, 320];

async function look(name, theme) {
  const { context, page, faults } = await open(origin, { colorScheme: themes[theme] });
  await page.goto(`${origin}/${name}?theme=${theme}`, { waitUntil: "load" });
  const run = await prompt(context, page);
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    faults.push(...await run(`(${seen})(${JSON.stringify(theme)})`));
    faults.push(...await audit(run));
    await page.screenshot({ path: join(folder, `${name}-${theme}-${width}.png`), fullPage: true });
    for (const f of faults) console.log(`bad ${name} ${theme} ${width}: ${f.replace(/\s+/g, " ")}`);
    if (!faults.length) console.log(`ok ${name} ${theme} ${width}`);
    faults.length = 0;
  }
  await context.close();
}

try {
  await inTurn(names.flatMap((name) => Object.keys(themes).map((theme) => () => look(name, theme))));
} finally {
  await browser.close();
}
