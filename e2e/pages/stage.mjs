// A stage is one way of looking at one collector: a theme, a width, with scripts or without. Flows play on it; it holds every
// state that they reach to what browser.mjs and looks.mjs ask, draws it, and notes which forms were offered and which sent.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { audit, open, prompt } from "./browser.mjs";
import { offers, sent } from "./forms.mjs";
import { seen } from "./looks.mjs";

const run = promisify(execFile);
const tallest = 2500; // px of a picture: what comes further down in a list is like what came before

export class Stage {
  // of is what flows_test.go says of a stage; folder gets a picture of each state.
  constructor(of, folder) {
    Object.assign(this, of);
    this.folder = folder;
    this.offered = new Set();
    this.pressed = new Set();
    this.audited = new Set();
  }

  // window opens a window of its own, as another browser would be, and makes it the one that flows look at until it is left.
  async window() {
    const back = this.remember();
    const options = { colorScheme: this.theme, viewport: { width: this.width, height: 900 }, javaScriptEnabled: this.scripts };
    Object.assign(this, await open(this.origin, options));
    this.page.on("request", (r) => { if (r.isNavigationRequest()) this.pressed.add(sent(r)); });
    this.console = await prompt(this.context, this.page);
    return back;
  }

  // remember returns what leaves a window that was opened meanwhile, and makes all that is looked for what it is now.
  remember() {
    const { context, page, faults, console, theme, offered } = this;
    return async () => {
      if (context && this.context !== context) await this.context.close();
      Object.assign(this, { context, page, faults, console, theme, offered });
    };
  }

  // collector runs a command of the program beside the daemon, and returns what it prints.
  async collector(...args) {
    const { stdout } = await run(this.program, [`--store=${this.store}`, ...args], { cwd: this.home, env: this.env });
    return stdout.trim();
  }

  // link is a new login link.
  link(...args) { return this.collector("login-link", `--address=${this.origin}`, ...args); }

  // signIn opens a link and presses its one button.
  async signIn(link) {
    await this.page.goto(link);
    await this.press("main form button");
    await this.page.waitForSelector("nav[aria-label=Main]");
  }

  // world does something in the simulated services (simulate.Sim.Control).
  async world(path, body) {
    const answer = await fetch(this.services + path, body && { method: "POST", body: JSON.stringify(body) });
    assert.ok(answer.ok, `${path}: ${await answer.clone().text()}`);
    return answer.json();
  }

  // likes has so many likes come at the service of the main account, and has it read.
  async likes(n) {
    await this.world("/like", { account: this.accounts.main.key, n });
    await this.collector("sync", this.list.replace("/accounts/", ""));
  }

  // go opens a page, which must be well.
  async go(path) {
    const answer = await this.page.goto(this.origin + path);
    assert.equal(answer.status(), 200, path);
  }

  // leads does what leads to another page, and waits for it.
  async leads(thing) { await Promise.all([this.page.waitForEvent("load"), thing()]); }

  // press clicks what leads to another page, and waits for it.
  async press(what) {
    await this.leads(() => this.page.click(what));
  }

  // enter presses Enter in a field, which sends its form, and waits for the answer.
  async enter(field) {
    await this.leads(() => this.page.press(field, "Enter"));
  }

  // unfold opens what is folded away, where it is: on wide windows the filters are not.
  async unfold(what) {
    if (await this.page.locator(`${what}:not([open]) > summary:visible`).count()) await this.page.click(`${what} > summary`);
  }

  // refused does something that is answered with a status, which is no fault then.
  async refused(status, thing) {
    const told = [];
    const hear = (r) => { if (r.status() === status && r.request().isNavigationRequest()) told.push(r.url()); };
    this.page.on("response", hear);
    await thing();
    this.page.off("response", hear);
    assert.ok(told.length > 0, `nothing was answered with ${status}`);
    this.faults.splice(0, Infinity, ...this.faults.filter((f) => !f.includes(`answered ${status}`) && !f.includes(`status of ${status}`)));
  }

  // says waits for a text that can be read.
  async says(text, where = "main") {
    await this.page.locator(where).getByText(text).first().waitFor({ state: "visible" });
  }

  text(what = "main") { return this.page.textContent(what).then((t) => t.replace(/\s+/g, " ").trim()); }

  // until asks the page again, read anew, until it is so.
  async until(path, so) {
    for (const over = Date.now() + 90_000; ;) {
      await this.go(path);
      if (await so()) return;
      assert.ok(Date.now() < over, `${path} does not come to it: ${(await this.text()).slice(0, 200)}`);
      await this.page.waitForTimeout(300);
    }
  }

  // shows holds a state to all that a page is held to, and draws it. axe-core reads a state once; not without scripts, since
  // it cannot run there, and the document is the same.
  async shows(state) {
    await this.draws(state, this.scripts && !this.audited.has(state));
    this.audited.add(state);
  }

  // draws is shows without axe-core, for what it has read elsewhere: in another state of the same page, or in a view of look.mjs.
  async draws(state, read = false) {
    const faults = [...this.faults.splice(0), ...await this.console(`(${seen})(${JSON.stringify(this.theme)})`)];
    for (const form of await this.console(offers)) this.offered.add(form);
    if (read) faults.push(...await audit(this.console));
    const path = join(this.folder, `flow-${state}-${this.name}.png`);
    await this.page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width: this.width, height: tallest } });
    assert.deepEqual(faults, [], state);
  }
}
