// Webhooks, which are added by the command: paused, resumed, removed.
export const flows = {
  async "a webhook is paused, resumed and removed"(s) {
    await s.collector("webhooks", "add", s.servers.hooks + "/well");
    await s.go("/settings");
    await s.shows("webhooks");
    await s.press("#webhooks button[value=pause]");
    await s.says("is paused");
    await s.shows("webhook-paused");
    await s.press("#webhooks button[value=resume]");
    await s.says("is called again");
    await s.press("#webhooks button[value=delete]");
    await s.says("Remove the webhook", "h1");
    await s.shows("webhook-remove");
    await s.press("a:has-text('Leave it as it is')");
    await s.press("#webhooks button[value=delete]");
    await s.press("button.danger");
    await s.says("is removed");
  },
};

export const scripted = {};
export default { flows, scripted };
