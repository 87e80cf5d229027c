// Feeds: the address is shown once, can be read by anybody who has it, and ends when it is revoked.
import assert from "node:assert/strict";

export const flows = {
  async "a search becomes a feed, until it is revoked"(s) {
    await s.go("/?q=a");
    await s.press("form[action='/searches'] button[formaction='/feeds']");
    await s.says("Copy it now, it is not shown again");
    await s.shows("feed-once");
    const address = (await s.page.textContent(".note code")).trim();
    for (const end of [".atom", ".rss", ".json"]) assert.equal((await fetch(address.replace(/\.atom$/, end))).status, 200, end);
    await s.press(".note a[href='/settings#feeds'], .note a:has-text('Settings')").catch(() => s.go("/settings#feeds"));
    await s.shows("feed-listed");
    await s.press("#feeds button[value=revoke]");
    await s.says("Revoke the feed");
    await s.shows("feed-revoke");
    await s.press("a:has-text('Leave it as it is')");
    await s.press("#feeds button[value=revoke]");
    await s.press("button.danger");
    await s.says("has ended");
    assert.notEqual((await fetch(address)).status, 200);
    await s.shows("feed-ended");
  },

  async "a feed that would stay empty is refused"(s) {
    await s.go("/?q=is:removed");
    await s.refused(422, () => s.press("form[action='/searches'] button[formaction='/feeds']"));
    await s.shows("feed-refused");
  },
};

export const scripted = {};
export default { flows, scripted };
