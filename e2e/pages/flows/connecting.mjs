// Connecting services: looking for one, by a token, by a name and a password, at a server of one's own; and what is said
// where that fails.
import assert from "node:assert/strict";

// begun waits until the first like of an account that was connected just now can be searched, and looks at the page.
async function begun(s, path) {
  await s.until(path, () => s.page.locator("a:has-text('Search now')").count());
}

export const flows = {
  async "a service is looked for"(s) {
    await s.go("/connect");
    await s.draws("connect");
    await s.page.fill("#q", "mastodon");
    await s.enter("#q");
    await s.page.waitForSelector("a[href='/connect/mastodon']");
    assert.equal(await s.page.locator("a[href='/connect/github']").count(), 0);
    await s.draws("connect-found");
    await s.page.fill("#q", "no service is called this");
    await s.enter("#q");
    await s.says("No service matches");
    await s.shows("connect-nothing");
    await s.press("a:has-text('Show all services')");
    await s.press("a[href='/connect/github']");
    await s.says("Paste a token");
  },

  async "a token that is none is refused, and a good one is taken"(s) {
    await s.go("/connect/github");
    await s.draws("connect-token");
    await s.page.fill("#token-token", "ghp_" + "0".repeat(36));
    await s.page.fill("#token-name", "kept-in-the-form");
    await s.refused(422, () => s.press("main form .btn.main"));
    await s.says("Nothing was stored");
    assert.equal(await s.page.inputValue("#token-token"), "");
    assert.equal(await s.page.inputValue("#token-name"), "kept-in-the-form");
    await s.shows("connect-token-refused");
    await s.page.fill("#token-token", s.accounts.github.token);
    await s.page.fill("#token-name", "");
    await s.press("main form .btn.main");
    await s.says("is connected, and collected from now on");
    await s.draws("connect-begun");
    await begun(s, new URL(s.page.url()).pathname + new URL(s.page.url()).search);
    await s.draws("connect-searchable");
    await s.press("a:has-text('Search now')");
    assert.ok(await s.page.locator(".like").count() > 0);
  },

  async "a name and a password sign in"(s) {
    await s.go("/connect/subsonic");
    await s.shows("connect-password");
    await s.page.fill("#password-server", s.servers.subsonic);
    await s.page.fill("#password-identifier", s.accounts.subsonic.identifier);
    await s.page.fill("#password-appPassword", "not this one");
    await s.refused(422, () => s.press("main form .btn.main"));
    await s.says("Nothing was stored");
    await s.shows("connect-password-refused");
    await s.page.fill("#password-appPassword", s.accounts.subsonic.password);
    await s.press("main form .btn.main");
    await s.says("is connected, and collected from now on");
    await begun(s, new URL(s.page.url()).pathname + new URL(s.page.url()).search);
  },

  async "a server of one's own is asked by its address"(s) {
    await s.go("/connect/mastodon");
    await s.shows("connect-server");
    await s.page.fill("#token-server", s.servers.nobody);
    await s.page.fill("#token-token", s.accounts.guest.token);
    await s.refused(502, () => s.press("main form .btn.main"));
    await s.says("Nothing was stored");
    assert.equal(await s.page.inputValue("#token-server"), s.servers.nobody);
    await s.shows("connect-server-unreachable");
    await s.page.fill("#token-server", s.servers.mastodon);
    await s.page.fill("#token-token", s.accounts.guest.token);
    await s.press("main form .btn.main");
    await s.says("is connected, and collected from now on");
    await begun(s, new URL(s.page.url()).pathname + new URL(s.page.url()).search);
  },
};

export const scripted = {};
export default { flows, scripted };
