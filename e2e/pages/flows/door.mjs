// Getting in: by a link, by one that was used, with a link that may only look, and where nothing is.
import assert from "node:assert/strict";

export const flows = {
  async "a login link signs in, once"(s) {
    const link = await s.link();
    await s.page.goto(link);
    await s.draws("door");
    await s.signIn(link);
    await s.draws("first-page");
    const back = await s.window();
    await s.page.goto(link);
    await s.refused(403, () => s.press("main form button"));
    await s.says("collector login-link");
    await s.shows("door-used-link");
    await s.refused(401, () => s.page.goto(s.origin + "/settings"));
    await s.shows("door-stranger");
    await back();
  },

  async "who may only look is offered nothing that changes"(s) {
    const back = await s.window(), offered = s.offered;
    await s.signIn(await s.link("--read-only"));
    s.offered = new Set();
    for (const [state, path] of [["likes", "/"], ["found", "/?q=a"], ["connect", "/connect"], ["activity", "/activity"]]) {
      await s.go(path);
      await s.draws(`reader-${state}`);
    }
    for (const [state, path] of [["accounts", "/accounts"], ["list", s.list], ["service", "/connect/github"], ["settings", "/settings"]]) {
      await s.go(path);
      await s.shows(`reader-${state}`);
    }
    const may = ["GET ", "POST /theme ", "POST /keys ", "POST /logout "];
    assert.deepEqual([...s.offered].filter((form) => !may.some((m) => form.startsWith(m))), []);
    s.offered = offered;
    await s.refused(403, () => s.page.goto(s.origin + "/workers"));
    await s.shows("reader-forbidden");
    await back();
  },

  async "an address that leads nowhere says so and leads on"(s) {
    await s.refused(404, () => s.page.goto(s.origin + "/accounts/github/nobody-of-this-name"));
    await s.shows("problem-no-list");
    await s.refused(404, () => s.page.goto(s.origin + "/nowhere"));
    await s.shows("problem-nowhere");
    await s.press("main a.btn");
  },

  async "the theme changes by the button of every page"(s) {
    await s.go("/");
    const was = s.theme;
    for (let i = 0; i < 3; i++) { // around, to that of the system
      await s.press("form[action='/theme'] button");
      const now = await s.page.getAttribute("html", "data-theme");
      s.theme = now ?? was;
      await s.draws(`theme-${now ?? "system"}`);
    }
    s.theme = was;
    assert.equal(await s.page.getAttribute("html", "data-theme"), null);
  },
};

export const scripted = {};
export default { flows, scripted };
