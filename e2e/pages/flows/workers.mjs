// The work: jobs that are looked for, run, cancelled and deleted, one, chosen or all that match; queues that are paused.
import assert from "node:assert/strict";

const jobs = "/workers?queue=%2Fqueue%2Flikes"; // messages to other programs, of which none reads them
const rows = "#jobs tbody tr";

// waiting sees to calls of a webhook that wait for their next try.
async function waiting(s) {
  await s.collector("webhooks", "add", s.servers.hooks + "/broken");
  await s.likes(3);
  await s.until("/workers?state=scheduled&find=webhook", () => s.page.locator(`${rows} button[name=run]`).count());
}

export const flows = {
  async "jobs are filtered, and shown with what they hold"(s) {
    await s.go("/workers");
    await s.draws("workers");
    await s.page.selectOption("#jq", "/queue/likes");
    await s.press("#jobs form.filters button");
    assert.ok(await s.page.locator(rows).count() > 10);
    await s.shows("jobs-filtered");
    await s.press("a:has-text('Show it')");
    assert.ok(await s.page.locator("#jobs pre").count() > 0);
    await s.shows("jobs-data");
    await s.go("/workers?find=nothing-is-called-this");
    await s.says("No job matches");
    await s.shows("jobs-none");
  },

  async "a job that waits is run now, by its own button and when it is chosen"(s) {
    await waiting(s);
    await s.shows("jobs-waiting");
    await s.press(`${rows} button[name=run] >> nth=0`);
    await s.says("due now, with all attempts");
    await s.draws("jobs-run");
    await s.until("/workers?state=scheduled&find=webhook", () => s.page.locator(`${rows} input[type=checkbox]`).count());
    await s.page.check(`${rows} input[type=checkbox] >> nth=0`);
    await s.press("#jobs .bulk button[value=run]");
    await s.says("due now, with all attempts");
  },

  async "one job is cancelled, once it was asked"(s) {
    await s.go(jobs);
    await s.press(`${rows} button[name=cancel] >> nth=0`);
    await s.says("Cancel 1 job?", "h1");
    await s.shows("job-cancel");
    await s.press("a:has-text('Let them wait')");
    await s.press(`${rows} button[name=cancel] >> nth=0`);
    await s.press("button.danger");
    await s.says("1 job is cancelled");
    await s.draws("job-cancelled");
  },

  async "chosen jobs are cancelled"(s) {
    await s.go(jobs);
    for (const at of [0, 1]) await s.page.check(`${rows} input[type=checkbox] >> nth=${at}`);
    await s.draws("jobs-chosen");
    await s.press("#jobs .bulk button[value=cancel]");
    await s.says("Cancel 2 jobs?", "h1");
    await s.press("button.danger");
    await s.says("2 jobs are cancelled");
  },

  async "no job was chosen"(s) {
    await s.go(jobs);
    await s.refused(422, () => s.press("#jobs .bulk button[value=delete]"));
    await s.shows("jobs-none-chosen");
  },

  async "all jobs that match are deleted, with their number"(s) {
    await s.go(jobs);
    await s.page.check("#jobs .bulk input[value=all]");
    await s.press("#jobs .bulk button[value=delete]");
    await s.says(/Delete (at least )?\d+ jobs\?/, "h1");
    await s.shows("jobs-delete");
    await s.press("button.danger");
    await s.says("jobs are deleted");
    await s.draws("jobs-deleted");
  },

  async "an instance is made quiet, and works again"(s) {
    await s.go("/workers");
    const form = "form[action^='/workers/']";
    await s.press(`${form} button[value=quiet]`);
    await s.says("claims nothing more");
    await s.until("/workers", () => s.page.locator(`${form} button[value=resume]`).count());
    await s.shows("instance-quiet");
    await s.press(`${form} button[value=resume]`);
    await s.says("claims again what is due");
    await s.until("/workers", () => s.page.locator(`${form} button[value=quiet]`).count());
  },

  async "a queue is paused and goes on"(s) {
    await s.go("/workers");
    const queue = "form[action^='/queues/']";
    await s.press(`${queue} button[value=pause]`);
    await s.says("is paused");
    await s.shows("queue-paused");
    await s.press(`${queue} button[value=resume]`);
    await s.says("goes on");
  },
};

export const scripted = {
  async "the chosen jobs are counted as one chooses"(s) {
    await s.go("/workers?state=scheduled&find=webhook");
    assert.equal(await s.page.textContent("[data-count]"), "0");
    await s.page.check(`${rows} input[type=checkbox] >> nth=0`);
    assert.equal(await s.page.textContent("[data-count]"), "1");
  },
};

export default { flows, scripted };
