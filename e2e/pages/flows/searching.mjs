// Searching: as it is sent, as one types, narrowed by the filters, in another order, page by page, and kept under a name.
import assert from "node:assert/strict";

// word is one that a like has.
export async function word(s) {
  await s.go("/");
  return (await s.text(".like h3")).match(/[\p{L}]{5,}/u)[0].toLowerCase();
}

export const flows = {
  async "a search is sent and finds what it says"(s) {
    const what = await word(s);
    await s.page.fill("#q", what);
    await s.enter("#q");
    assert.equal(new URL(s.page.url()).searchParams.get("q"), what);
    await s.page.waitForSelector(".like mark");
    await s.shows("search-found");
  },

  async "a search that finds nothing leads back"(s) {
    await s.go("/?q=qqqqzzzz");
    await s.says("Nothing matches");
    await s.shows("search-nothing");
    await s.press("a:has-text('Show all likes')");
    assert.equal(new URL(s.page.url()).pathname, "/");
  },

  async "a search that cannot be read says which part"(s) {
    await s.go("/?q=" + encodeURIComponent("a since:whenever"));
    await s.says("A part of this could not be read");
    await s.draws("search-misread");
  },

  async "filters narrow, and are taken off"(s) {
    await s.go("/?q=a");
    const all = await s.text("#res");
    await s.unfold("details.facets");
    await s.draws("filters-open");
    await s.press(".facets section:has(h2:has-text('Service')) a >> nth=0");
    assert.match(new URL(s.page.url()).searchParams.get("q"), /in:/);
    await s.unfold("details.facets");
    assert.ok(await s.page.locator(".facets a[aria-current=true]").count() > 0);
    await s.shows("filters-one");
    await s.press("a:has-text('remove this filter')");
    assert.equal(await s.text("#res"), all);
  },

  async "likes are put in another order"(s) {
    await s.go("/?q=a");
    await s.unfold("details.facets");
    await s.press(".facets section:has(h2:has-text('Order')) a:not([aria-current]) >> nth=0");
    assert.ok(new URL(s.page.url()).searchParams.get("sort"));
    await s.unfold("details.facets");
    assert.equal(await s.page.locator(".facets section:has(h2:has-text('Order')) a[aria-current=true]").count(), 1);
  },

  async "likes are read page by page"(s) {
    await s.go("/");
    const first = await s.text(".like h3");
    await s.press("a[data-page=next]");
    await s.draws("likes-second-page");
    assert.notEqual(await s.text(".like h3"), first);
    await s.press("a[data-page=previous]");
    assert.equal(await s.text(".like h3"), first);
  },

  async "a search is kept under a name, and given up"(s) {
    const what = await word(s);
    await s.go("/?q=" + what);
    await s.press("form[action='/searches'] button[value=save]");
    await s.says("is saved under");
    await s.unfold("details.facets");
    await s.shows("search-saved");
    await s.press(".facets section:has(h2:has-text('Saved searches')) a");
    assert.equal(await s.page.inputValue("#q"), what);
    await s.press("form[action^='/searches'] button[value=delete]");
    await s.says("is not saved any more");
  },
};

export const scripted = {
  async "likes are found while one types"(s) {
    const what = await word(s);
    await s.page.evaluate(() => { window.stays = true; });
    await s.page.locator("#q").pressSequentially(what);
    await s.page.waitForFunction((q) => location.search === "?q=" + encodeURIComponent(q) && document.querySelector(".like mark"), what);
    await s.draws("search-typed");
    await s.page.fill("#q", what + " qqqqzzzz");
    await s.page.waitForFunction(() => location.search.includes("qqqqzzzz") && !document.querySelector(".like"));
    await s.page.fill("#q", "");
    await s.page.waitForFunction(() => location.search === "" && document.querySelector(".like"));
    assert.ok(await s.page.evaluate(() => window.stays));
  },

  async "new likes are counted beside the list, and shown when one asks"(s) {
    await s.go("/");
    await s.page.waitForSelector("[data-live]:has-text('Live')");
    const first = await s.text(".like h3"), asked = s.likes(3);
    await s.says(/3 new likes\./, "[data-news]");
    await asked;
    assert.equal(await s.text(".like h3"), first);
    await s.shows("likes-new");
    await s.press("[data-news] a");
    assert.equal(await s.text("[data-news]"), "");
    await s.page.click("[data-pause]");
    await s.page.waitForSelector("[data-live]:has-text('Paused')");
    await s.draws("likes-paused");
  },

  async "keys walk the likes and turn the page"(s) {
    await s.go("/");
    const focused = () => s.page.evaluate(() => document.activeElement.closest(".like")?.querySelector("h3").textContent);
    const titles = await s.page.$$eval(".like h3", (all) => all.map((e) => e.textContent));
    await s.page.keyboard.press("j");
    await s.page.keyboard.press("j");
    assert.equal(await focused(), titles[1]);
    await s.draws("keys-second-like");
    await s.page.keyboard.press("k");
    assert.equal(await focused(), titles[0]);
    await s.page.$$eval(".like h3 a", (all) => all.at(-1).focus());
    await s.leads(() => s.page.keyboard.press("j"));
    assert.match(s.page.url(), /after=/);
  },
};

export default { flows, scripted };
