// A browser for the pages, and what every page of it is held to. PACKAGES names the folder with node_modules, CHROMIUM the
// browser.
import { createRequire } from "node:module";
import { join } from "node:path";

export const packages = createRequire(join(process.env.PACKAGES, "package.json"));
const { chromium } = packages("playwright-core");
const patience = 120_000; // ms for whatever is waited for; a machine with little to spare takes long

// Every name leads to this machine, so that a page can be opened as if from another one.
export const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, timeout: patience, args: ["--host-resolver-rules=MAP * 127.0.0.1"] });

// open makes a window whose faults are collected: what is said on the console (a breach of the policy is), what fails
// and what is asked of anybody but origin.
export async function open(origin, options = {}) {
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  const faults = [];
  page.on("console", (m) => faults.push(`console: ${m.text()}`));
  page.on("pageerror", (e) => faults.push(`script: ${e.message}`));
  page.on("request", (r) => r.url().startsWith(origin + "/") || faults.push(`elsewhere: ${r.url()}`));
  page.on("response", (r) => r.status() < 400 || faults.push(`refused: ${r.url()} answered ${r.status()}`));
  return { context, page, faults };
}

// act does things one after the other and ends the browser. A line for each: "ok WHAT" or "bad WHAT: why".
export async function act(things) {
  try {
    for (const [what, thing] of Object.entries(things)) {
      await thing().then(() => console.log(`ok ${what}`), (e) => console.log(`bad ${what}: ${e.message.replace(/\s+/g, " ").slice(0, 300)}`));
    }
  } finally {
    await browser.close();
  }
}
