package site

import (
	"context"
	"strconv"
	"strings"

	"collector/control"
	plain "collector/control/words"
	"collector/deliver/webhook"
	"collector/web/page"
	"collector/web/page/words"
)

// callWebhook calls a webhook once, with a signed message that says nothing, and tells what
// became of it. Nothing is held open meanwhile: the call may take its time.
func (v *visit) callWebhook(id string) error {
	if v.Post == nil {
		return &control.Problem{Kind: control.Forbidden, Whose: "you", Reason: "this collector calls nobody", Next: "ask one that collects"}
	}
	var e webhook.Endpoint
	err := v.onWebhook(id, func(hooks webhook.Store, named webhook.Endpoint) error {
		r, err := hooks.Get(v.ctx(), named.ID) // of one that is damaged there is nothing to call
		e = r.Endpoint
		return err
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(v.ctx(), testWithin)
	defer cancel()
	got, err := v.Panel.PingWebhook(ctx, v.Post, e, v.Now)
	if err != nil {
		return err
	}
	return v.leadOn("/settings", calledWebhook(e, got))
}

// calledWebhook is what became of a test call, in words. Of the address it tells the host
// alone.
func calledWebhook(e webhook.Endpoint, got control.PingedWebhook) page.Note {
	at, took := control.HostOf(e.URL), words.Number(int(got.Millis))+" ms"
	if got.Well {
		return done("The test of the webhook " + plain.Line(e.ID) + " went well: " + at + " answered " + strconv.Itoa(got.Status) + " in " + took + ".")
	}
	next := "see that the server runs and answers a POST with a status of 200 to 299."
	if got.Status == 0 {
		next = "see that the server runs. Only public servers are called, over https, unless the operator lists others in COLLECTOR_ALLOW_PRIVATE."
	}
	why := strings.TrimPrefix(plain.Line(got.Why), "it ")
	if got.Status != 0 {
		why = at + " " + why + ", after " + took
	}
	return page.Note{Tone: page.Bad, Icon: "alert", What: words.Plain("The test of the webhook " + plain.Line(e.ID) + " did not go well: " + why + ". What to do: " + next)}
}
