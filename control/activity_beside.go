package control

import (
	"cmp"
	"context"
	"net/url"
	"time"

	"collector/control/words"
	"collector/deliver/webhook"
)

// WebhookEvent is how the calls of a webhook go. Of those that went well the store keeps the last
// one, of failures since when none went well.
type WebhookEvent struct {
	ID       string `json:"id"`
	Host     string `json:"host" doc:"of its address: the rest may be a secret"`
	Failures int    `json:"failures,omitempty" doc:"calls that failed since then, one after the other; absent where the call went well"`
	Error    string `json:"error,omitempty" doc:"of the last of them"`
	Stopped  string `json:"stopped,omitempty" doc:"why it is called no more"`
}

// InstanceEvent is an instance that began, or that is not heard of any more.
type InstanceEvent struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Lost    bool   `json:"lost,omitempty" doc:"it was last heard of then, and did not say that it leaves"`
}

// HostOf is the host of an address, "?" where it has none: the rest of it may be a secret.
func HostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "?"
	}
	return words.Line(cmp.Or(u.Host, "?"))
}

// webhookEvents are the last good call of each webhook, and since when one fails. Of all users'
// none is looked at where there are many, more than ActivityRuns.
func (p *Panel) webhookEvents(ctx context.Context, a ActivityAsked) (out []Event, many bool, err error) {
	if p.Beside.Webhooks == nil {
		return nil, false, nil
	}
	err = p.Beside.Webhooks(ctx, false, func(hooks webhook.Store) error {
		var all []webhook.Record
		var err error
		if a.User == "" {
			all, err = hooks.List(ctx, "", ActivityRuns+1)
		} else {
			all, err = hooks.Of(ctx, a.User)
		}
		if err != nil {
			return err
		}
		if many = len(all) > ActivityRuns; many {
			return nil
		}
		for _, e := range all {
			if e.Damaged != nil {
				continue
			}
			out = append(out, p.callsOf(e, a.Kind)...)
		}
		return nil
	})
	return out, many, err
}

func (p *Panel) callsOf(e webhook.Record, kind string) (out []Event) {
	h := e.Health.Of(e.Endpoint)
	tell := func(at time.Time, of WebhookEvent) {
		of.ID, of.Host = e.ID, HostOf(e.URL)
		out = append(out, Event{What: "webhook", At: words.Stamp(at), User: e.User, Webhook: &of, Simulated: p.Simulated})
	}
	if !h.LastOK.IsZero() && kind != "fail" {
		tell(h.LastOK, WebhookEvent{})
	}
	if !h.Failing.IsZero() {
		tell(h.Failing, WebhookEvent{Failures: h.Failures, Error: words.Line(h.Error), Stopped: words.Line(h.Stopped)})
	}
	return out
}

// instanceEvents are the beginnings of instances that are listed, and when those were last heard
// of that are silent. One that left of itself is not listed any more.
func (p *Panel) instanceEvents(ctx context.Context, kind string, now time.Time) (out []Event, err error) {
	beats, err := p.Store.Beats(ctx, now.Add(-ChangesKept))
	for _, b := range beats {
		tell := func(at time.Time, lost bool) {
			out = append(out, Event{What: "instance", At: words.Stamp(at), Instance: &InstanceEvent{b.ID, b.Version, lost}, Simulated: p.Simulated})
		}
		if !b.Started.IsZero() && kind != "fail" {
			tell(b.Started, false)
		}
		if b.Seen.Before(now.Add(-BeatLife)) {
			tell(b.Seen, true)
		}
	}
	return out, err
}
