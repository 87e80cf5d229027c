// The settings: tokens, sessions, saved searches, who is told, the backup, how it looks, keys, the configuration.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

const works = (s, token) => fetch(s.origin + "/api/status", { headers: { Authorization: `Bearer ${token}` } }).then((r) => r.status);

export const flows = {
  async "a token is made, shown once, and revoked"(s) {
    await s.go("/settings");
    await s.unfold("#tokens details");
    await s.shows("settings-new-token");
    await s.page.fill("#tn", "a program of mine");
    await s.page.selectOption("#te", { index: 1 });
    await s.press("#tokens button[value=make]");
    await s.says("it is shown only this once");
    const token = (await s.page.textContent(".once code")).trim();
    await s.shows("token-once");
    assert.equal(await works(s, token), 200);
    await s.go("/settings");
    assert.ok(!(await s.text("body")).includes(token));
    await s.press("#tokens tr:has-text('a program of mine') button[value=revoke]");
    await s.says("Revoke the token", "h1");
    await s.shows("token-revoke");
    await s.press("button.danger");
    await s.says("has ended");
    assert.equal(await works(s, token), 401);
  },

  async "a token without a scope is refused"(s) {
    await s.go("/settings");
    await s.unfold("#tokens details");
    await s.page.fill("#tn", "may nothing");
    await s.page.uncheck("#tokens input[value=read]");
    await s.refused(422, () => s.press("#tokens button[value=make]"));
    await s.shows("token-refused");
  },

  async "another session is ended"(s) {
    const back = await s.window();
    await s.signIn(await s.link());
    await back();
    await s.go("/settings");
    await s.draws("settings");
    const others = s.page.locator("#sessions tbody tr:not(:has-text('this one'))"), before = await others.count();
    await s.press("#sessions tr:not(:has-text('this one')) button[value=sign-out]");
    await s.says("has ended");
    assert.equal(await others.count(), before - 1);
    await s.draws("session-ended");
  },

  async "all other sessions are ended at once"(s) {
    const back = await s.window();
    await s.signIn(await s.link());
    await back();
    await s.go("/settings");
    await s.press("form[action='/settings/sessions'] button[value=sign-out]");
    await s.says("This one goes on");
    assert.equal(await s.page.locator("#sessions tbody tr").count(), 1);
    await s.draws("sessions-ended");
  },

  async "a link signs another browser in, to look"(s) {
    await s.go("/settings");
    await s.unfold("#sessions details");
    await s.shows("settings-new-link");
    await s.press("#sessions button[value=make]");
    await s.says("it is shown only this once");
    const link = (await s.page.textContent(".once code")).trim();
    await s.shows("link-once");
    const back = await s.window();
    await s.signIn(link);
    await s.go("/settings");
    await s.says("look only", "#sessions");
    await s.shows("settings-look-only");
    await back();
  },

  async "a backup is made and downloaded"(s) {
    await s.go("/settings");
    const [file] = await Promise.all([s.page.waitForEvent("download"), s.page.click("#backup button[value=make]")]);
    assert.match(await readFile(await file.path(), "latin1"), /^SQLite format 3\0/);
    await s.go("/settings");
    await s.says("The last backup was made", "#backup");
    await s.shows("backup-made");
  },

  async "a saved search is deleted, once it was asked"(s) {
    await s.go("/?q=a");
    await s.press("form[action='/searches'] button[value=save]");
    await s.go("/settings");
    await s.draws("settings-searches");
    await s.press("#searches button[value=delete]");
    await s.says("Delete the search", "h1");
    await s.shows("search-delete");
    await s.press("a:has-text('Leave it as it is')");
    await s.press("#searches button[value=delete]");
    await s.press("button.danger");
    await s.says("is deleted");
  },

  async "a test message is sent"(s) {
    await s.go("/settings");
    await s.press("#notify button[value=test]");
    await s.says("A test message was sent");
    await s.shows("notify-tested");
  },

  async "light, dark or as the system has it"(s) {
    const was = s.theme;
    for (const theme of ["dark", "light", ""]) {
      await s.go("/settings");
      await s.press(`#appearance form[action='/theme'] button[value='${theme}']`);
      assert.equal(await s.page.getAttribute("html", "data-theme"), theme || null);
      s.theme = theme || was;
      await s.draws(`appearance-${theme || "system"}`);
    }
  },

  async "keys of one letter are switched off and on"(s) {
    await s.go("/settings");
    await s.press("#appearance form[action='/keys'] button[value=off]");
    assert.equal(await s.page.getAttribute("html", "data-keys"), "off");
    await s.shows("keys-off");
    await s.press("#appearance form[action='/keys'] button[value=on]");
    assert.equal(await s.page.getAttribute("html", "data-keys"), null);
  },

  async "the configuration is unfolded, without secrets"(s) {
    await s.go("/settings");
    await s.page.click("#config summary");
    await s.page.waitForSelector("#config table:visible");
    const text = await s.text("#config");
    for (const secret of s.secrets) assert.ok(!text.includes(secret));
    await s.shows("settings-config");
  },
};

export const scripted = {
  async "a token that is shown once is copied by its button"(s) {
    await s.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await s.go("/settings");
    await s.unfold("#tokens details");
    await s.page.fill("#tn", "copied");
    await s.press("#tokens button[value=make]");
    await s.page.click(".once [data-copy]");
    await s.page.waitForSelector(".once [data-copy]:has-text('Copied')");
    const token = (await s.page.textContent(".once code")).trim();
    assert.equal(await s.page.evaluate(() => navigator.clipboard.readText()), token);
  },
};
export default { flows, scripted };
