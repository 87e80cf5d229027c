// The same by the keyboard alone: Tab, Enter and Space reach what a mouse does, and one sees where one is.
import assert from "node:assert/strict";

// tabTo presses Tab until the focus is in what is wanted; at each stop one sees it.
async function tabTo(s, what) {
  for (let i = 0; i < 400; i++) {
    await s.page.keyboard.press("Tab");
    const at = await s.console(`(${focus})(${JSON.stringify(what)})`);
    if (at.hidden) assert.fail(`the focus cannot be seen on ${at.hidden}`);
    if (at.there) return;
  }
  assert.fail(`no Tab reaches ${what}`);
}

// focus runs in the page: whether the focus is in what is wanted, and what has it unseen.
function focus(what) {
  const e = document.activeElement, style = getComputedStyle(e), at = e.getBoundingClientRect();
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== "none";
  const inside = e.closest("form, label, .search") ?? e, outer = getComputedStyle(inside);
  const around = outer.outlineStyle !== "none" && parseFloat(outer.outlineWidth) > 0 || outer.boxShadow !== "none";
  const out = at.width < 1 || at.height < 1 || at.right <= 0 || at.left >= innerWidth || at.bottom <= 0 || at.top >= innerHeight;
  return { there: e.matches(what), hidden: e !== document.body && (out || !ring && !around) ? e.outerHTML.slice(0, 150) : "" };
}

const enter = (s) => s.leads(() => s.page.keyboard.press("Enter"));

export const flows = {
  async "the first Tab skips to the content"(s) {
    await s.go("/accounts");
    await tabTo(s, "a.skip");
    await s.shows("keyboard-skip");
    await s.page.keyboard.press("Enter");
    await tabTo(s, "main *");
  },

  async "a search is written, sent and saved by the keyboard"(s) {
    await s.go("/");
    await tabTo(s, "#q");
    await s.page.keyboard.type("a");
    await s.enter("#q");
    await tabTo(s, "button[value=save]");
    await s.draws("keyboard-save");
    await enter(s);
    await s.says("is saved under");
    await tabTo(s, "button[value=delete]");
    await enter(s);
    await s.says("is not saved any more");
  },

  async "an account is connected by the keyboard"(s) {
    await s.go("/connect/github");
    await tabTo(s, "#token-token");
    await s.page.keyboard.type(s.accounts.github.token);
    await tabTo(s, "main form button.main");
    await s.draws("keyboard-connect");
    await enter(s);
    await s.says("is connected");
  },

  async "what is asked is answered by the keyboard, either way"(s) {
    await s.go(`/accounts/github/${s.accounts.github.name}`);
    await tabTo(s, "button[value=disconnect]");
    await enter(s);
    await tabTo(s, "a:not(.skip):is(main a)");
    await s.draws("keyboard-confirm");
    await enter(s);
    await tabTo(s, "button[value=disconnect]");
    await enter(s);
    await tabTo(s, "button.danger");
    await enter(s);
    await s.says("is no longer collected");
  },
};

export const scripted = {
  async "the list of keys opens, holds the focus and closes"(s) {
    await s.go("/accounts");
    await tabTo(s, "[data-dialog]");
    await s.page.keyboard.press("Enter");
    assert.ok(await s.page.isVisible("dialog#keys"));
    await s.shows("keys-dialog");
    await s.page.keyboard.press("Escape");
    assert.ok(!await s.page.isVisible("dialog#keys"));
    assert.ok(await s.page.evaluate(() => document.activeElement.matches("[data-dialog]")));
    await s.page.keyboard.press("?");
    await s.page.keyboard.press("Enter");
    assert.ok(!await s.page.isVisible("dialog#keys"));
  },

  async "two letters lead to every place"(s) {
    for (const [key, path] of [["a", "/accounts"], ["v", "/activity"], ["w", "/workers"], ["s", "/settings"], ["c", "/connect"], ["l", "/"]]) {
      await s.page.keyboard.press("g");
      await s.leads(() => s.page.keyboard.press(key));
      assert.equal(new URL(s.page.url()).pathname, path);
    }
  },
};

export default { flows, scripted };
