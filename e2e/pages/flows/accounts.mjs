// What is done with an account: syncing, pausing, reading everything again, saying that what is missing is gone, signing in
// again, disconnecting.
import assert from "node:assert/strict";

const net = (s) => `.net:has(a[href^="${s.list}"])`;

export const flows = {
  async "a list is synced, paused and resumed among the accounts"(s) {
    await s.go("/accounts");
    await s.draws("accounts");
    await s.press(`${net(s)} button[value=sync]`);
    await s.says("is read next");
    await s.press(`${net(s)} button[value=pause]`);
    await s.says("is paused");
    await s.shows("accounts-paused");
    await s.press(`${net(s)} button[value=resume]`);
    await s.says("goes on");
    await s.draws("accounts-resumed");
  },

  async "a list is synced, paused and resumed on its page"(s) {
    await s.go("/accounts");
    await s.press(`${net(s)} h3 a`);
    await s.draws("list");
    await s.press(".head button[value=sync]");
    await s.says("is read next");
    await s.press(".head button[value=pause]");
    await s.says("is paused");
    await s.shows("list-paused");
    await s.press("button[value=resume]");
    await s.says("goes on");
  },

  async "a list is read again, and what is missing is taken as gone"(s) {
    const gone = (await s.world(`/likes?account=${encodeURIComponent(s.accounts.main.key)}`)).slice(0, 60);
    for (const like of gone) await s.world("/unlike", { account: s.accounts.main.key, id: like.id });
    await s.go(s.list);
    await s.press("button[value=sync-fully]");
    await s.says("is read next");
    await s.until(s.list, () => s.page.locator("button[value=accept-removals]").count());
    await s.shows("list-missing");
    await s.press("button[value=accept-removals]");
    await s.says("as gone?", "h1");
    await s.shows("accept-asked");
    await s.press("a:has-text('Leave it as it is')");
    await s.press("button[value=accept-removals]");
    await s.press("button.danger");
    await s.says("will be taken as gone");
    await s.shows("accept-done");
    await s.until("/?q=is:removed", () => s.page.locator(".like.gone").count());
    await s.shows("likes-gone");
  },

  async "what is gone is found by a filter"(s) {
    await s.go("/");
    await s.unfold("details.facets");
    await s.press(".facets section:has(h2:has-text('State')) a");
    assert.equal(new URL(s.page.url()).searchParams.get("q"), "is:removed");
    await s.unfold("details.facets");
    await s.draws("filters-gone");
    const shown = await s.page.locator(".like").count();
    assert.ok(shown > 0);
    assert.equal(await s.page.locator(".like.gone").count(), shown);
  },

  async "an account whose token ended needs somebody, and is signed in again"(s) {
    const key = s.accounts.github.key, list = `/accounts/github/${s.accounts.github.name}`;
    await s.world("/revoke", { account: key });
    await s.go("/accounts");
    await s.press(`.net:has(a[href^="${list}"]) button[value=sync]`);
    await s.until("/accounts", () => s.page.locator("#needs-you").count());
    await s.shows("accounts-need-you");
    await s.page.click("#needs a");
    assert.match(s.page.url(), /#needs-you$/);
    await s.press(`.net a[href^="${list}"]`);
    await s.shows("list-needs-you");
    await s.press(".note a[href^='/connect/github']");
    await s.world("/restore", { account: key });
    await s.page.fill("#token-token", s.accounts.github.token);
    await s.press("main form .btn.main");
    await s.says("is signed in again");
    await s.shows("connect-again");
    await s.until("/accounts", async () => !await s.page.locator("#needs-you").count());
  },

  async "an account is disconnected, once it was asked"(s) {
    await s.go(`/accounts/github/${s.accounts.github.name}`);
    await s.press("button[value=disconnect]");
    await s.says("Disconnect github/", "h1");
    await s.shows("disconnect-asked");
    await s.press("a:has-text('Leave it as it is')");
    await s.press("button[value=disconnect]");
    await s.press("button.danger");
    await s.says("is no longer collected");
    await s.shows("disconnected");
    assert.equal(await s.page.locator("a[href^='/accounts/github/']").count(), 0);
    await s.go("/?q=in:github");
    assert.ok(await s.page.locator(".like").count() > 0); // what was collected stays
  },
};

export const scripted = {
  async "a change is seen on the page of accounts without reading it again"(s) {
    await s.go("/accounts");
    await s.page.waitForSelector("[data-live]:has-text('Live')");
    await s.page.evaluate(() => { window.stays = true; });
    const before = await s.text(`${net(s)} .n`);
    await s.likes(3);
    await s.page.waitForFunction(([net, before]) => document.querySelector(`${net} .n`).textContent.trim() !== before, [net(s), before]);
    await s.draws("accounts-live");
    assert.ok(await s.page.evaluate(() => window.stays));
    await s.page.click("[data-pause]");
    await s.page.waitForSelector("[data-live]:has-text('Paused')");
    await s.draws("accounts-held");
    await s.page.click("[data-pause]");
    await s.page.waitForSelector("[data-live]:has-text('Live')");
  },
};

export default { flows, scripted };
