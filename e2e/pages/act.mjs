// Uses the pages as somebody does, by keys, forms and live updates, and says what does not happen:
//
//   node act.mjs http://127.0.0.1:PORT http://NAME:PORT
//
// A line for each thing: "ok WHAT" or "bad WHAT: why". The first address is that of scripts/pages; the second one has a form,
// and answers "yes" where it accepts that the form is its own.
import assert from "node:assert/strict";
import { act, open } from "./browser.mjs";

const [origin, forms] = process.argv.slice(2);

// A stream that says what it is told to say, when it is told to.
const stream = () => {
  window.streams = [];
  window.EventSource = class {
    static CLOSED = 2;
    listeners = {};
    constructor() { window.streams.push(this); }
    addEventListener(kind, f) { this.listeners[kind] = f; }
    close() { this.readyState = 2; }
    say(kind, data) { this.listeners[kind]({ data }); }
  };
};

// live opens the page of accounts with such a stream. What is read again is changed by change; hold, where it is set, is waited for.
async function live() {
  const { context, page, faults } = await open(origin);
  const now = { change: (html) => html, reads: 0, hold: null };
  await page.addInitScript(stream);
  await page.route(origin + "/accounts", async (route) => {
    const response = await route.fetch(), change = now.change;
    now.reads++;
    if (now.hold) await now.hold;
    await route.fulfill({ response, body: change(await response.text()) });
  });
  await page.goto(origin + "/accounts");
  const say = (kind) => page.evaluate((kind) => window.streams.at(-1).say(kind, ""), kind);
  const shows = (text) => page.waitForFunction((text) => document.body.textContent.includes(text), text);
  return { context, page, faults, now, say, shows };
}

// names changes a page into one that nobody can take for another.
const names = (name) => (html) => html.replaceAll("wren-hollis", name);

const things = {
  async "keys move, open, search and help"() {
    const { context, page, faults } = await open(origin);
    await page.goto(origin + "/likes");
    const focused = () => page.evaluate(() => document.activeElement.closest(".like")?.querySelector("h3").textContent ?? document.activeElement.id);
    await page.keyboard.press("j");
    assert.equal(await focused(), "lanternworks/raftlet");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    assert.equal(await focused(), "lanternworks/raftlet");
    await page.keyboard.press("/");
    assert.equal(await focused(), "q");
    await page.keyboard.type("j?");
    assert.equal(await page.inputValue("#q"), "j?");
    await page.keyboard.press("Tab");
    await page.keyboard.press("?");
    assert.ok(await page.isVisible("dialog#keys"));
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Close");
    await page.keyboard.press("Escape");
    assert.ok(!await page.isVisible("dialog#keys"));
    assert.deepEqual(faults, []);
    await context.close();
  },

  async "no key does anything where they are switched off"() {
    for (const path of ["/likes", "/accounts"]) {
      const { context, page, faults } = await open(origin);
      await page.addInitScript(stream);
      const at = `${origin}${path}?keys=off`;
      await page.goto(at);
      const posted = [];
      page.on("request", (r) => r.isNavigationRequest() && posted.push(`${r.method()} ${r.url()}`));
      await page.evaluate(() => document.querySelector("h3 a").focus());
      const state = () => page.evaluate(() => [document.activeElement.textContent, document.querySelector("[data-live]")?.textContent, document.querySelector("dialog[open]")?.id]);
      const before = await state();
      for (const key of ["j", "k", "o", "v", ".", "p", "/", "?", "g", "l", "g", "a", "g", "v", "g", "w", "g", "s", "g", "c", "g", "h"]) {
        await page.keyboard.press(key);
        assert.deepEqual(await state(), before, `${path}: ${key}`);
      }
      await page.waitForTimeout(200); // as long as a way to another page takes to begin
      assert.deepEqual([page.url(), context.pages().length, posted], [at, 1, []]);
      assert.equal(await page.locator(".btn kbd:visible, .search kbd").count(), 0);
      await page.click("[data-dialog]"); // the list is there all the same, and says it
      assert.match(await page.textContent("dialog#keys"), /switched off in this browser/);
      assert.deepEqual(faults, []);
      await context.close();
    }
  },

  async "search shows no answer to what is no longer asked"() {
    const { context, page } = await open(origin);
    let answer;
    const asked = new Promise((resolve) => page.route("**/?q=*", async (route) => {
      resolve();
      await new Promise((go) => { answer = go; });
      await route.continue().catch(() => {}); // the page has given it up
    }));
    await page.goto(origin + "/likes");
    await page.fill("#q", "raft");
    await asked;
    const dropped = page.waitForEvent("requestfailed", (r) => r.url().includes("/?q="));
    await page.fill("#q", "");
    await dropped; // since typing is over, and nothing is asked
    answer();
    await page.waitForTimeout(400); // as long as an answer takes to be shown
    assert.equal(await page.textContent("#res"), "4,737 likes");
    await context.close();
  },

  async "live updates change the heading too"() {
    const l = await live();
    l.now.change = (html) => html.replaceAll("One account needs you", "Two accounts need you").replace("<span>1</span>", "<span>2</span>");
    await l.say("changed");
    await l.shows("Two accounts need you");
    assert.equal(await l.page.textContent("#needs span"), "2");
    assert.deepEqual(l.faults, []);
    await l.context.close();
  },

  async "a change that comes while the page is read is read as well"() {
    const l = await live();
    let go;
    l.now.hold = new Promise((resolve) => { go = resolve; });
    l.now.change = names("q-first-q");
    await l.say("changed");
    while (l.now.reads < 2) await l.page.waitForTimeout(20);
    l.now.change = names("q-second-q");
    await l.say("changed");
    go();
    await l.shows("q-second-q");
    await l.context.close();
  },

  async "a stream that comes back has missed something"() {
    const l = await live();
    l.now.change = names("q-absentee-q");
    await l.page.evaluate(() => { const s = window.streams.at(-1); s.onopen(); s.onerror(); s.onopen(); });
    await l.shows("q-absentee-q");
    await l.context.close();
  },

  async "a failure is said aloud once, not with each update"() {
    const l = await live();
    assert.equal(await l.page.locator("[role=alert]").count(), 1);
    l.now.change = names("q-other-q");
    await l.say("changed");
    await l.shows("q-other-q");
    assert.equal(await l.page.locator(".note.bad").count(), 1);
    assert.equal(await l.page.locator("[role=alert]").count(), 0);
    await l.context.close();
  },

  async "what somebody has the focus in stays until they leave"() {
    const l = await live();
    await l.page.focus("#accounts article:last-child button");
    l.now.change = names("q-later-q");
    await l.say("changed");
    assert.equal(l.now.reads, 1); // the page itself
    await l.page.focus("#needs a");
    await l.shows("q-later-q");
    await l.context.close();
  },

  async "a form is known for the program's own, also from another machine without TLS"() {
    const { context, page } = await open(forms);
    await page.goto(forms + "/");
    await page.click("main button");
    await page.waitForURL(forms + "/login");
    assert.equal(await page.textContent("body"), "yes");
    await context.close();
  },

  async "without scripts nothing is shown that needs one"() {
    const { context, page, faults } = await open(origin, { javaScriptEnabled: false });
    await page.goto(origin + "/accounts");
    assert.equal(await page.locator("button[type=button]:visible").count(), 0);
    await page.click("[data-dialog]");
    await page.waitForURL(origin + "/help");
    assert.deepEqual(faults, []);
    await context.close();
  },
};

await act(things);
