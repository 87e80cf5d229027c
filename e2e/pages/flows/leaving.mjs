// The end: signing out, and stopping the instance that shows the pages.
import assert from "node:assert/strict";

export const flows = {
  async "who signs out is out"(s) {
    const back = await s.window();
    await s.signIn(await s.link());
    await s.go("/settings");
    await s.press("#sessions tr:has-text('this one') button[value=sign-out]");
    await s.says("You are signed out");
    await s.shows("door-signed-out");
    await s.refused(401, () => s.page.goto(s.origin + "/"));
    await back();
    await s.go("/");
  },

  async "an instance is stopped, once it was asked"(s) {
    await s.until("/workers", () => s.page.locator("form[action^='/workers/'] button[value=stop]").count());
    await s.draws("workers-cluster");
    await s.press("form[action^='/workers/'] button[value=stop]");
    await s.says(/^Stop /, "h1");
    await s.shows("stop-asked");
    await s.press("a:has-text('Let it work')");
    await s.press("form[action^='/workers/'] button[value=stop]");
    await s.page.click("button.danger").catch(() => {}); // it may have left before the answer is read
    for (const over = Date.now() + 60_000; ;) {
      if (await fetch(s.origin + "/login").then(() => false, () => true)) return;
      assert.ok(Date.now() < over, "it does not leave");
      await new Promise((again) => setTimeout(again, 100));
    }
  },
};

export const scripted = {};
export default { flows, scripted };
