// Looks at the pages of a collector whose likes attack whoever shows them, and says what they achieve:
//
//   node hostile.mjs LINK TEXTS
//
// A login link of the owner, and as JSON the texts that stand in the likes. A line for each thing: "ok WHAT" or
// "bad WHAT: why". A fault is what browser.mjs collects, a dialog, and markup that the program did not write.
import assert from "node:assert/strict";
import { act, open } from "./browser.mjs";

const [link, list] = process.argv.slice(2);
const { origin } = new URL(link), texts = JSON.parse(list);
const { page, faults } = await open(origin);
page.on("dialog", (d) => { faults.push(`dialog: ${d.message()}`); d.dismiss().catch(() => {}); });

const said = () => page.evaluate(() => document.body.innerText.replace(/\s+/g, " "));

// foreign runs in the page: what no page of the program has.
function foreign() {
  const out = [...document.querySelectorAll("img, iframe, object, embed, base, style, script:not([src])")];
  for (const e of document.querySelectorAll("*")) {
    for (const { name, value } of e.attributes) {
      const leads = ["href", "src", "action", "formaction", "data", "xlink:href"].includes(name);
      if (/^on/.test(name) || name === "srcdoc" || name === "style" || leads && !/^(https?:|[/#?])/.test(value)) out.push(e);
    }
  }
  return out.map((e) => e.outerHTML.slice(0, 200));
}

// look opens a page and lets what it may start come to something.
async function look(path) {
  assert.equal((await page.goto(origin + path)).status(), 200, path);
  await rest(path);
}

async function rest(where) {
  await page.waitForTimeout(300);
  assert.deepEqual([...faults, ...await page.evaluate(foreign)], [], where);
}

const things = {
  async "all likes are texts, page after page"() {
    await page.goto(link);
    await page.click("main form button");
    await page.waitForSelector("nav[aria-label=Main]");
    await look("/");
    let all = "", pages = 0;
    for (;; pages++) {
      all += await said();
      const next = page.locator("a[data-page=next]");
      if (!await next.count()) break;
      await next.click();
      await page.waitForLoadState();
      await rest(page.url());
    }
    assert.ok(pages > 0);
    for (const text of texts) {
      assert.ok(all.includes(`shown: ${text}`), `the text ${text}`);
      assert.ok(all.includes(`@${text}@elsewhere.example`), `the author ${text}`);
    }
    assert.ok(all.includes("<b> end"));
  },

  async "a search for them finds texts, as they are written and while one types"() {
    for (const query of ["onerror", "alert", "autofocus", ...texts, ...texts.map((t) => `"${t.replaceAll('"', "")}"`)]) {
      await look("/?q=" + encodeURIComponent(query));
      assert.equal(await page.inputValue("#q"), query);
    }
    await look("/?q=onerror");
    assert.match(await said(), /"><img src=x onerror=alert\(1\)>/);
    assert.ok(await page.locator(".like mark").count() > 0);
    await look("/");
    await page.locator("#q").pressSequentially("shown script");
    await page.waitForFunction(() => location.search.includes("script") && document.querySelector(".like mark"));
    await rest("typing");
  },

  async "a link leads to the service by its web address, and to nothing else"() {
    await look("/");
    const to = await page.$$eval(".like h3 a", (all) => all.map((a) => new URL(a.href).protocol));
    assert.ok(to.length > 20);
    assert.deepEqual(to.filter((p) => !/^https?:$/.test(p)), []);
  },

  async "a saved search of a hostile text is a text wherever it stands"() {
    await look("/?q=" + encodeURIComponent('"<img src=x onerror=alert(1)>"'));
    await page.click("form[action='/searches'] button[value=save]");
    await page.waitForLoadState();
    await rest("saving");
    for (const path of ["/", "/settings"]) {
      await look(path);
      assert.ok((await page.textContent("body")).includes("onerror"), path);
    }
  },

  async "the list, the accounts and the activity run nothing"() {
    await look("/accounts");
    const lists = await page.$$eval(".net h3 a", (all) => all.map((a) => a.getAttribute("href")));
    assert.equal(lists.length, 1);
    for (const path of [lists[0], "/activity", "/connect", "/workers"]) await look(path);
  },
};

await act(things);
