// Exporting what a search finds, in each format.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

const begins = { jsonl: /^\{"/, csv: /^[^\n]*,[^\n]*,/, html: /^<!DOCTYPE NETSCAPE/i, md: /^#|^- /, sqlite: /^SQLite format 3\0/ };

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
};

export const scripted = {};
export default { flows, scripted };
