package main

import (
	"context"
	"fmt"
	"time"

	"collector/auth"
	"collector/connectors"
	"collector/control"
	"collector/state"
	"collector/store"
)

// welcome says what a connect came to.
func (a *app) welcome(conn connectors.Connector, n state.Network, id connectors.Identity, again bool) {
	in := conn.Info()
	if missing := control.MissingScopes(in, id.Scopes); len(missing) > 0 {
		for _, s := range missing {
			a.say("! the token lacks %s: %s", s.Name, s.Why)
		}
	}
	if again {
		a.say("%s %s is signed in again and due now", a.tick(), line(n.Name()))
	} else {
		a.say("%s %s will be collected", a.tick(), line(n.Name()))
	}
}

// estimate reads the first page with the new credential and says how much there
// is. A page that cannot be read is said, and is no reason not to connect.
func (a *app) estimate(ctx context.Context, c *client, st store.Store, conn connectors.Connector, w control.Wanted, id connectors.Identity, cred *auth.Credential) {
	in := conn.Info()
	if in.Price > 0 { // a first page would cost money
		a.estimateCost(ctx, st, in, id)
		return
	}
	began := a.now()
	page, err := c.glimpse(ctx, conn, w, id, cred)
	if err != nil {
		p := problemOf(err)
		a.say("! the first page could not be read: %s", line(p.reason))
		if p.next != "" {
			a.say("  %s", line(p.next))
		}
		return
	}
	total, pages := page.Total, page.Pages
	if total == 0 && id.Total {
		total = id.Likes
	}
	if pages == 0 && total > 0 && in.PageSize > 0 {
		pages = (total + in.PageSize - 1) / in.PageSize
	}
	text := fmt.Sprintf("%s %s readable", a.tick(), in.Likes)
	switch {
	case total > 0:
		text = fmt.Sprintf("%s %s %s on %s", a.tick(), count(total), in.Likes, many(pages, "page", "pages"))
	case pages > 0:
		text = fmt.Sprintf("%s %s readable, on %s", a.tick(), in.Likes, many(pages, "page", "pages"))
	case page.Next == "":
		text = fmt.Sprintf("%s %s %s", a.tick(), count(len(page.Items)), in.Likes)
	}
	if pages > 0 && len(in.Quotas) > 0 && in.Quotas[0].N > 0 {
		q := in.Quotas[0]
		text += fmt.Sprintf(" = %s of %s %s in %s (%.1f %%)", count(pages), count(q.N), firstOf(q.Unit, "calls"), spanOf(q.Per), 100*float64(pages)/float64(q.N))
		text += ", estimated " + span(max(time.Second, time.Duration(pages)*a.now().Sub(began)))
	}
	a.say("%s", text)
}

// spanOf writes the length of a window: "an hour", "5m".
func spanOf(d time.Duration) string {
	switch d {
	case time.Hour:
		return "an hour"
	case 24 * time.Hour:
		return "a day"
	}
	return span(d)
}

// tick is the sign of success.
func (a *app) tick() string {
	if a.unicode() {
		return "✓"
	}
	return "ok:"
}
