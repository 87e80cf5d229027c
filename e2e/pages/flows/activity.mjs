// What happened: narrowed by account and kind, page by page, live, and to be heard.
import assert from "node:assert/strict";

export const flows = {
  async "what happened is narrowed by account and kind"(s) {
    await s.go("/activity");
    await s.draws("activity");
    await s.page.selectOption("#fk", "new");
    await s.page.selectOption("#fa", { index: 1 });
    await s.press("form.filters button:not([type=button])");
    assert.match(s.page.url(), /account=[^&]+&kind=new/);
    assert.ok(await s.page.locator("#events li").count() > 0);
    await s.draws("activity-narrowed");
    for (const kind of ["changed", "gone", "wait", "fail", "webhook", "instance"]) {
      await s.page.selectOption("#fk", kind);
      await s.press("form.filters button:not([type=button])");
      assert.equal(await s.page.inputValue("#fk"), kind);
    }
    await s.go("/activity?kind=changed");
    await s.says("Nothing like this happened");
    await s.shows("activity-nothing");
    await s.press("a:has-text('Show everything')");
  },
};

export const scripted = {
  async "what happens arrives while one looks, unless it is paused"(s) {
    await s.go("/activity");
    await s.page.waitForSelector("[data-live]:has-text('Live')");
    await s.page.evaluate(() => { window.stays = true; window.lines = document.querySelectorAll("#events li").length; });
    await s.likes(3);
    await s.page.waitForFunction(() => document.querySelectorAll("#events li").length > window.lines);
    assert.ok(await s.page.evaluate(() => window.stays));
    await s.draws("activity-live");
    await s.page.click("[data-pause]");
    await s.page.waitForSelector("[data-live]:has-text('Paused')");
    await s.shows("activity-paused");
  },

  async "what is shown is copied as text"(s) {
    await s.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await s.go("/activity?kind=new");
    await s.page.click("[data-lines]");
    await s.page.waitForSelector("[data-lines]:has-text('Copied')");
    await s.draws("activity-copied");
    const lines = (await s.page.evaluate(() => navigator.clipboard.readText())).split("\n");
    assert.equal(lines.length, await s.page.locator("#events li").count());
    for (const line of lines) assert.match(line, /^\S.*  \S/);
  },

  async "what happens is heard, softer, and not"(s) {
    await s.go("/activity");
    await s.page.click("[data-listen]");
    await s.page.waitForSelector("[data-hearing]:not([hidden])");
    await s.shows("activity-listening");
    await s.page.fill("#volume", "30");
    await s.page.click("[data-mute]");
    assert.equal(await s.page.getAttribute("[data-mute]", "aria-pressed"), "true");
    await s.page.click("[data-listen]");
    await s.page.waitForSelector("[data-hearing]", { state: "hidden" });
  },
};

export default { flows, scripted };
