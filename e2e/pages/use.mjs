// Uses the pages of a running collector as two people do who know nothing of each other, and says what does not happen:
//
//   node use.mjs LINK OTHERS-LINK OWNERS-LINK
//
// Three login links of one collector that collects all the time: of a user who has lists there, of one who has none, and of
// the owner. A line for each thing: "ok WHAT" or "bad WHAT: why".
import assert from "node:assert/strict";
import { act, audit, open, prompt } from "./browser.mjs";

const links = process.argv.slice(2);
const { origin } = new URL(links[0]);

// signIn opens a link in a window of its own and presses its one button.
async function signIn(link) {
  const { context, page, faults } = await open(origin);
  await page.goto(link);
  await page.click("main form button");
  await page.waitForSelector("nav[aria-label=Main]");
  assert.deepEqual(faults, []);
  return { context, page, faults };
}

const text = (page, what = "main") => page.textContent(what).then((t) => t.replace(/\s+/g, " ").trim());
let anna, bob, lists; // windows of the two, and the addresses of anna's lists

const things = {
  async "a login link signs in once"() {
    anna = await signIn(links[0]);
    bob = await signIn(links[1]);
    const again = await open(origin);
    await again.page.goto(links[0]);
    await again.page.click("main form button");
    await again.page.waitForSelector("text=collector login-link");
    assert.equal(await again.page.locator("nav[aria-label=Main]").count(), 0);
    for (const path of ["/", "/accounts", "/activity", "/settings", "/stream?of=activity", "/api/status"]) {
      assert.equal((await again.context.request.get(origin + path)).status(), 401, path);
    }
    await again.context.close();
  },

  async "every page is drawn of what was collected, and axe finds nothing"() {
    const owner = await signIn(links[2]), { page, faults } = owner;
    await page.goto(origin + "/accounts");
    await page.waitForSelector(".net h3 a");
    lists = await page.$$eval(".net h3 a", (all) => all.map((a) => a.getAttribute("href")));
    for (const path of ["/", "/?q=a*", "/accounts", lists[0], "/connect", "/connect/github", "/activity", "/workers", "/settings", "/help"]) {
      const answer = await page.goto(origin + path);
      assert.equal(answer.status(), 200, path);
      assert.match(await page.title(), /^\[simulated\] /);
      await page.waitForSelector(".sim:has-text('SIMULATED')");
      const found = await audit(await prompt(owner.context, page));
      assert.deepEqual([...faults, ...found], [], path);
    }
    await page.goto(origin + "/settings");
    assert.ok(!await page.isVisible("#config table"));
    await page.click("#config summary");
    await page.waitForSelector("#config table:visible");
    await owner.context.close();
  },

  async "a list is paused, resumed and read by the forms"() {
    const { page, faults } = anna;
    await page.goto(origin + "/accounts");
    lists = await page.$$eval(".net h3 a", (all) => all.map((a) => a.getAttribute("href")));
    assert.ok(lists.length > 1);
    await page.click(`form[action^="${lists[0]}"] button[value=pause]`);
    await page.waitForSelector(".note:has-text('is paused')");
    await page.waitForSelector(`.net:has(a[href="${lists[0]}"]):has-text('Paused')`);
    await page.goto(origin + lists[0]);
    await page.click("button[value=resume]");
    await page.waitForSelector(".note:has-text('goes on')");
    await page.click("button[value=sync]");
    await page.waitForSelector(".note:has-text('is read next')");
    assert.deepEqual(faults, []);
  },

  async "likes are found while one types"() {
    const { page, faults } = anna;
    await page.goto(origin + "/");
    const title = await text(page, ".like h3");
    const word = title.match(/[\p{L}\d]{4,}/u)[0].toLowerCase();
    await page.evaluate(() => { window.stays = true; });
    await page.locator("#q").pressSequentially(word);
    await page.waitForFunction((word) => location.search === "?q=" + encodeURIComponent(word) && document.querySelector(".like mark"), word);
    assert.match((await text(page, ".like mark")).toLowerCase(), new RegExp(`^${word.slice(0, 3)}`));
    await page.fill("#q", word + " qqqqzzzz");
    await page.waitForFunction(() => location.search.includes("qqqqzzzz") && !document.querySelector(".like"));
    await page.fill("#q", "");
    await page.waitForFunction(() => location.search === "" && document.querySelector(".like"));
    assert.ok(await page.evaluate(() => window.stays)); // it is the page that was opened
    assert.deepEqual(faults, []);
  },

  async "what happens arrives on the page of activity, and nothing of it at another's"() {
    for (const { page } of [anna, bob]) {
      await page.goto(origin + "/activity");
      await page.evaluate(() => { window.stays = true; window.first = document.querySelector("#events li")?.outerHTML; });
      await page.waitForSelector("[data-live]:has-text('Live')");
    }
    await anna.page.waitForFunction(() => document.querySelector("#events li") && document.querySelector("#events li").outerHTML !== window.first);
    assert.ok(await anna.page.evaluate(() => window.stays));
    assert.equal(await bob.page.locator("#events li").count(), 0);
    await anna.page.click("[data-pause]");
    await anna.page.waitForSelector("[data-live]:has-text('Paused')");
    assert.deepEqual([...anna.faults, ...bob.faults], []);
  },

  async "a second user sees nothing of the first"() {
    const { context, page, faults } = bob;
    await anna.page.goto(origin + "/");
    const hers = await anna.page.$$eval(".like h3", (all) => all.map((e) => e.textContent.trim()));
    await anna.page.goto(origin + "/accounts");
    const accounts = await anna.page.$$eval(".acct h2", (all) => all.map((e) => e.textContent.trim()));
    assert.ok(hers.length > 5 && accounts.length > 1);
    for (const path of ["/", "/?q=a*", "/accounts", "/connect", "/activity", "/settings"]) {
      await page.goto(origin + path);
      const all = await text(page, "body");
      assert.deepEqual([...hers, ...accounts].filter((name) => all.includes(name)), [], path);
    }
    for (const list of lists) {
      for (const path of [list, list + "?user=demo"]) assert.equal((await context.request.get(origin + path)).status(), 404, path);
    }
    assert.equal((await context.request.get(origin + "/workers")).status(), 403);
    const found = await (await context.request.get(origin + "/api/search?q=a*&user=demo")).text();
    assert.deepEqual(hers.filter((title) => found.includes(title)), []);
    assert.deepEqual(faults, []);
  },

  async "who signs out is out, and nobody else is"() {
    const { context, page, faults } = anna;
    await page.goto(origin + "/settings");
    await page.click("#sessions tr:has-text('this one') button[value=sign-out]");
    await page.waitForSelector("text=You are signed out");
    assert.equal((await context.request.get(origin + "/")).status(), 401);
    assert.equal((await bob.context.request.get(origin + "/")).status(), 200);
    assert.deepEqual(faults, []);
    await context.close();
    await bob.context.close();
  },
};

await act(things);
