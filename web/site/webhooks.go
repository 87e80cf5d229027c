package site

import (
	"net/url"

	"collector/control"
	plain "collector/control/words"
	"collector/deliver/webhook"
	"collector/grant"
	"collector/web/page"
	"collector/web/page/words"
)

// hooking makes, tests, pauses, resumes, replays and removes webhooks.
func (s *site) hooking() []route {
	return []route{
		{"POST /settings/webhooks", grant.Write, (*visit).makeWebhook},
		{"POST /settings/webhooks/{id}", grant.Write, (*visit).changeWebhook},
	}
}

// seesWebhooks says whether whoever asks sees webhooks: their own, or as the operator those
// of all.
func (v *visit) seesWebhooks() bool {
	return v.Panel.Beside.Webhooks != nil && (v.whose() != "" || v.operates())
}

// mostHooks is how many webhooks are shown.
const mostHooks = 100

// webhooks fills in those that whoever asks sees, each with the host of its address alone:
// the rest may be a secret.
func (v *visit) webhooks(p *page.Settings) error {
	p.NewWebhook = v.newWebhook()
	return v.Panel.Beside.Webhooks(v.ctx(), false, func(hooks webhook.Store) error {
		all, err := v.Panel.Webhooks(v.ctx(), hooks, v.whose())
		shown := fewer(all, mostHooks)
		for _, h := range shown {
			p.Webhooks = append(p.Webhooks, v.webhook(h))
		}
		if n := len(all) - len(shown); n > 0 {
			p.MoreWebhooks = plain.Many(n, "webhook is", "webhooks are") + " not shown here: "
		}
		return err
	})
}

// fewer are as many webhooks in their order: it leaves out the oldest, of those that work
// or were paused first.
func fewer(all []control.Webhook, most int) []control.Webhook {
	left := len(all) - most
	if left <= 0 {
		return all
	}
	var out []control.Webhook
	for _, h := range all {
		if left > 0 && (h.State == "ok" || h.State == "paused") {
			left--
			continue
		}
		out = append(out, h)
	}
	return out[left:]
}

func (v *visit) webhook(h control.Webhook) page.Webhook {
	row := page.Webhook{Name: plain.Line(h.ID), Target: control.HostOf(h.URL), Query: plain.Line(h.Query), State: hookStates[h.State], Why: plain.Line(h.Why), Last: words.Plain("never")}
	if v.whose() == "" && h.User != "" {
		row.Name += " · " + plain.Line(h.User)
	}
	if h.LastOK != nil {
		row.Last = words.Was(h.LastOK.In(v.now.Location()), v.now)
	}
	if h.Waiting > 0 {
		row.Calls = append(row.Calls, words.Number(int(h.Waiting))+" waiting")
	}
	if h.Dead > 0 {
		row.Calls = append(row.Calls, words.Number(int(h.Dead))+" given up")
	}
	if !v.who.May(grant.Write) {
		return row
	}
	row.Do = page.Actions{To: hookPath(h.ID), About: "Webhook " + plain.Line(h.ID)}
	add := func(do page.Deed, text string) {
		row.Do.List = append(row.Do.List, page.Action{Do: do, Text: text, Look: page.Calm})
	}
	switch h.State {
	case "paused", "stopped":
		add(page.Resume, "Resume")
	case "ok", "failing":
		add(page.Pause, "Pause")
	}
	if v.Post != nil && h.State != "damaged" {
		add(page.Test, "Send a test")
	}
	if h.Dead > 0 {
		add(page.Replay, "Send again")
	}
	add(page.Delete, "Remove…")
	return row
}

// hookStates are the states of control.Webhook as pills.
var hookStates = map[string]page.Pill{
	"ok":      {Class: "ok", Icon: "check", Text: "Works"},
	"failing": {Class: "wait", Icon: "alert", Text: "Trying again"},
	"paused":  {Class: "off", Icon: "pause", Text: "Paused"},
	"stopped": {Class: "bad", Icon: "alert", Text: "Stopped"},
	"damaged": {Class: "bad", Icon: "alert", Text: "Damaged"},
}

func hookPath(id string) page.Path { return page.Path("/settings/webhooks/" + url.PathEscape(id)) }

// changeWebhook does what a form asks for, of one webhook that whoever asks sees.
func (v *visit) changeWebhook() error {
	if !v.seesWebhooks() {
		return mayNot(grant.Admin)
	}
	id, said := v.r.PathValue("id"), ""
	do := page.Deed(v.r.PostFormValue("do"))
	if do == page.Delete && !v.sure() {
		return v.askWebhook(id)
	}
	if do == page.Test {
		return v.callWebhook(id)
	}
	err := v.onWebhook(id, func(hooks webhook.Store, e webhook.Endpoint) error {
		switch do {
		case page.Pause:
			said = " is paused. What it misses waits for up to 30 days."
			return control.PauseWebhook(v.ctx(), hooks, e.ID, true)
		case page.Resume:
			said = " is called again by a running collector, within a minute."
			return control.PauseWebhook(v.ctx(), hooks, e.ID, false)
		case page.Replay:
			n, err := v.Panel.ReplayWebhook(v.ctx(), e.ID, v.now)
			said = ": " + plain.Many(n, "message is", "messages are") + " sent again by a running collector."
			return err
		case page.Delete:
			said = " is removed."
			return v.Panel.RemoveWebhook(v.ctx(), hooks, e.ID)
		}
		return wrong("go back and press one of the buttons", "the form asks for nothing that can be done with a webhook")
	})
	if err != nil {
		return err
	}
	return v.leadOn("/settings", done("The webhook "+plain.Line(id)+said))
}

// onWebhook runs fn for a webhook that whoever asks sees; one of another is as one that is
// not there.
func (v *visit) onWebhook(id string, fn func(webhook.Store, webhook.Endpoint) error) error {
	return v.Panel.Beside.Webhooks(v.ctx(), false, func(hooks webhook.Store) error {
		e, err := control.WebhookCalled(v.ctx(), hooks, v.whose(), id)
		if err != nil {
			return err
		}
		return control.UnknownWebhook(fn(hooks, e), id)
	})
}

// askWebhook asks before a webhook is removed.
func (v *visit) askWebhook(id string) error {
	what := "It"
	err := v.onWebhook(id, func(_ webhook.Store, e webhook.Endpoint) error {
		if e.URL != "" { // of one that is damaged the address is not known
			what = control.HostOf(e.URL)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.ask(page.Confirm{
		Heading: "Remove the webhook " + plain.Line(id) + "?", To: hookPath(id), Do: page.Delete, Button: "Remove it",
		Text: words.Plain(what + " is called no more, and what waits for it is dropped. A new one has another secret."),
	})
}
