// Webhooks, which are added by the command: paused, resumed, sent again, removed.
export const flows = {
  async "a call that was given up is sent again"(s) {
    const row = `#webhooks tr:has-text('${s.hook}')`;
    await s.until("/settings", () => s.page.locator(`${row} button[value=replay]`).count());
    await s.shows("webhook-given-up");
    await s.press(`${row} button[value=replay]`);
    await s.says("is sent again");
  },

  async "a webhook is paused, resumed and removed"(s) {
    await s.collector("webhooks", "add", s.servers.hooks + "/well");
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
