// Webhooks: made, with their secret shown once, tested, paused, resumed, sent again, removed.
import assert from "node:assert/strict";

export const flows = {
  async "a call that was given up is sent again"(s) {
    const row = `#webhooks tr:has-text('${s.hook}')`;
    await s.until("/settings", () => s.page.locator(`${row} button[value=replay]`).count());
    await s.shows("webhook-given-up");
    await s.press(`${row} button[value=replay]`);
    await s.says("is sent again");
  },

  async "a webhook is made, and its secret shown once"(s) {
    const fields = "form[action^='/settings/webhooks#'], form[action='/settings/webhooks']";
    await s.go("/settings");
    await s.unfold("#webhooks details");
    await s.page.fill(`:is(${fields}) input[name=url]`, s.servers.hooks + "/mine");
    await s.page.fill(`:is(${fields}) input[name=query]`, "since:whenever");
    await s.refused(422, () => s.press(`:is(${fields}) button[value=make]`));
    await s.says("No webhook was made", "#webhooks");
    assert.equal(await s.page.inputValue(`:is(${fields}) input[name=url]`), s.servers.hooks + "/mine");
    await s.shows("webhook-refused");
    await s.page.fill(`:is(${fields}) input[name=query]`, "lang:go");
    await s.press(`:is(${fields}) button[value=make]`);
    await s.says("it is shown only this once", "#webhooks");
    const secret = (await s.page.textContent("#webhooks .once code")).trim();
    assert.match(secret, /^whsec_/);
    await s.shows("webhook-once");
    await s.go("/settings");
    assert.ok(!(await s.text("body")).includes(secret));
  },

  async "a webhook is tested, well and not"(s) {
    await s.go("/settings");
    await s.press("#webhooks tbody tr:last-child button[value=test]");
    await s.says("went well");
    await s.draws("webhook-tested");
    const broken = (await s.collector("webhooks", "add", s.servers.hooks + "/broken")).split(/\s/)[0];
    await s.go("/settings");
    await s.press(`#webhooks tr:has-text('${broken}') button[value=test]`);
    await s.says("did not go well");
    await s.shows("webhook-test-failed");
  },

  async "a webhook is paused, resumed and removed"(s) {
    await s.go("/settings");
    await s.press("#webhooks tbody tr:last-child button[value=pause]");
    await s.says("is paused");
    await s.shows("webhook-paused");
    await s.press("#webhooks tbody tr:last-child button[value=resume]");
    await s.says("is called again");
    await s.press("#webhooks tbody tr:last-child button[value=delete]");
    await s.says("Remove the webhook", "h1");
    await s.shows("webhook-remove");
    await s.press("a:has-text('Leave it as it is')");
    await s.press("#webhooks tbody tr:last-child button[value=delete]");
    await s.press("button.danger");
    await s.says("is removed");
  },
};

export const scripted = {};
export default { flows, scripted };
