// A browser for the pages, and what every page of it is held to. PACKAGES names the folder with node_modules, CHROMIUM the
// browser.
import { readFileSync } from "node:fs";
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

const axe = readFileSync(packages.resolve("axe-core/axe.min.js"), "utf8");
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

// prompt makes what runs expressions in a page as its console would, which the policy of a page does not bind.
export async function prompt(context, page) {
  const cdp = await context.newCDPSession(page);
  return async (expression) => {
    const { result, exceptionDetails: thrown } = await cdp.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (thrown) throw new Error(thrown.exception?.description ?? thrown.text);
    return result.value;
  };
}

// audit is what axe-core finds, a line for each place. run is of the console of the page.
export async function audit(run) {
  await run(`window.axe || (() => { ${axe} })(), 0`);
  const found = await run(`axe.run(document, { runOnly: ${JSON.stringify(rules)}, resultTypes: ["violations"] })`);
  return found.violations.flatMap((v) => v.nodes.map((n) => `axe ${v.id} (${v.impact}): ${n.target.join(" ")}: ${n.failureSummary}`));
}

// inTurn does things, two at a time: where one waits, the other goes on.
export async function inTurn(things) {
  const left = [...things];
  const hand = async () => { while (left.length) await left.shift()(); };
  await Promise.all([hand(), hand()]);
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
