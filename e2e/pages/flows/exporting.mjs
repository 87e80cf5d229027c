// Taking along what is shown: an export of what a search finds in each format, and each list as JSON.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

const begins = { jsonl: /^\{"/, csv: /^[^\n]*,[^\n]*,/, html: /^<!DOCTYPE NETSCAPE/i, md: /^#|^- /, sqlite: /^SQLite format 3\0/ };

// twins are the lists that a page has as JSON, as its head names them.
const twins = (s) => s.page.$$eval("link[rel=alternate][type='application/json']", (all) => all.map((a) => a.getAttribute("href")));

export const flows = {
  async "what is found is exported in every format"(s) {
    await s.go("/?q=a");
    const formats = await s.page.$$eval("#format option", (all) => all.map((o) => o.value));
    assert.deepEqual([...formats].sort(), Object.keys(begins).sort());
    for (const format of formats) {
      await s.page.selectOption("#format", format);
      const [file] = await Promise.all([s.page.waitForEvent("download"), s.page.click("form[action='/export'] button")]);
      assert.match(file.suggestedFilename(), new RegExp(`\\.${format}$`));
      assert.match(await readFile(await file.path(), "latin1"), begins[format], format);
    }
    await s.draws("export-done");
  },

  async "half a search is not exported"(s) {
    await s.refused(422, () => s.page.goto(s.origin + "/export?format=csv&q=" + encodeURIComponent("since:whenever")));
    await s.shows("export-misread");
  },

  async "every list is to be had as JSON, by who is signed in"(s) {
    for (const path of ["/", "/?q=a", "/accounts", s.list, "/connect", "/activity", "/workers", "/settings"]) {
      await s.go(path);
      const all = await twins(s);
      assert.ok(all.length > 0, path);
      for (const twin of all) {
        const answer = await s.page.request.get(s.origin + twin);
        assert.equal(answer.status(), 200, twin);
        assert.equal(typeof await answer.json(), "object", twin);
        assert.equal((await fetch(s.origin + twin)).status, 401, twin);
      }
    }
  },
};

export const scripted = {};
export default { flows, scripted };
