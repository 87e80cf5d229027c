package connectortest

import (
	"reflect"
	"strings"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

// checkIdentity: the recorded answer names the account, and a damaged one names
// nobody else.
func checkIdentity(k *kit, wrong report) {
	who, ok := k.c.(connectors.Identifier)
	if !ok {
		return
	}
	rec, ok := k.single["identity"]
	if !ok {
		wrong("testdata/identity.http is missing")
		return
	}
	q := k.query(connectors.Backfill, "", "")
	q.Account = connectors.Identity{} // that is what is asked
	r, err := who.WhoAmI(q)
	if err != nil {
		wrong("WhoAmI: %v", err)
		return
	}
	checkCall(k, "WhoAmI", r, wrong)
	if call(r) != rec.call {
		wrong("WhoAmI calls %s, recorded is %s", call(r), rec.call)
	}
	got, err := who.Identity(rec.reply)
	want := connectors.Identity{ID: k.golden.Identity.ID, Name: k.golden.Identity.Name, Scopes: k.golden.Identity.Scopes}
	if err != nil || got.ID != want.ID || got.Name != want.Name || strings.Join(got.Scopes, " ") != strings.Join(want.Scopes, " ") {
		wrong("Identity is %+v, want %+v (%v)", got, want, err)
	}
	for m := range mutations(rec.reply.Body, true) {
		damaged := rec.reply
		damaged.Body = m.body
		id, err := who.Identity(damaged)
		if err == nil && (id.ID == "" || id.ID != want.ID && !m.text) {
			wrong("%s: identity %q without an error", m.where, id.ID)
		}
		if err != nil && fault.KindOf(err) != fault.Malformed {
			wrong("%s: %v; want a Malformed error", m.where, err)
		}
	}
	for _, body := range []string{"", "null", "{}", "[]", "<html>", `{"error":"x"}`} {
		damaged := rec.reply
		damaged.Body = []byte(body)
		if id, err := who.Identity(damaged); fault.KindOf(err) != fault.Malformed {
			wrong("%q is taken for the identity %+v (%v)", body, id, err)
		}
	}
}

// checkPresence: a check says what its reply proves, and nothing of an outage.
func checkPresence(k *kit, wrong report) {
	check, ok := k.c.(connectors.Checker)
	if !ok {
		return
	}
	if len(k.golden.Presences) == 0 {
		wrong("golden.json has no presences")
	}
	steps, err := k.steps(connectors.Backfill)
	if err != nil || len(steps) == 0 {
		wrong("backfill: %v", err)
		return
	}
	q := k.query(connectors.Backfill, "", "")
	calls := map[string]string{}
	for _, s := range steps {
		for _, it := range s.page.Items {
			r, err := check.Check(q, it)
			if err != nil {
				wrong("Check of %s: %v", it.ID, err)
				continue
			}
			checkCall(k, "Check of "+it.ID, r, wrong)
			if other, again := calls[call(r)]; again && other != it.ID {
				wrong("Check of %s and of %s are the same call", it.ID, other)
			}
			calls[call(r)] = it.ID
		}
	}
	if r, err := check.Check(q, item.Item{ID: "1", Title: "../../user", URL: "https://x.example"}); err == nil {
		checkCall(k, "Check of a hostile title", r, wrong)
		if strings.Contains(r.URL, "..") {
			wrong("Check of a hostile title climbs in %s", r.URL)
		}
	}
	for _, p := range k.golden.Presences {
		got, err := check.Liked(connectors.Reply{Status: p.Status, Body: []byte(p.Body)})
		if got != p.Presence || fault.KindOf(err).String() != kindName(p.Kind) {
			wrong("a check answered with %d is %d (%v), want %d %s", p.Status, got, err, p.Presence, p.Kind)
		}
	}
	for _, status := range []int{200, 301, 401, 403, 429, 500, 502, 503} {
		got, err := check.Liked(connectors.Reply{Status: status, Body: []byte("<html>")})
		if got != connectors.Unsure && err == nil || got == connectors.Unliked || got == connectors.Gone {
			wrong("a check answered with %d and a page of HTML is taken for presence %d", status, got)
		}
	}
}

// checkDetails: described posts come out as written by hand; no damage makes a
// post that the reply describes gone.
func checkDetails(k *kit, wrong report) {
	h, ok := k.c.(connectors.Hydrator)
	if !ok {
		return
	}
	rec, ok := k.single["details"]
	if !ok || len(k.golden.Details) < 3 {
		wrong("testdata/details.http or three details in golden.json are missing")
		return
	}
	var ids []string
	gone := map[string]bool{}
	for _, w := range k.golden.Details {
		ids = append(ids, w.ID)
		gone[w.ID] = w.Gone
	}
	q := k.query(connectors.Backfill, "", "")
	r, err := h.Details(q, ids)
	if err != nil {
		wrong("Details: %v", err)
		return
	}
	checkCall(k, "Details", r, wrong)
	if call(r) != rec.call {
		wrong("Details calls\n\t%s\nrecorded is\n\t%s", call(r), rec.call)
	}
	if _, err := h.Details(q, make([]string, k.c.Info().DetailsPerCall+1)); err == nil {
		wrong("Details of more ids than DetailsPerCall is not refused")
	}
	got, err := h.Fill(ids, rec.reply)
	if err != nil || len(got) != len(k.golden.Details) {
		wrong("Fill gave %d details, want %d (%v)", len(got), len(k.golden.Details), err)
		return
	}
	for i, w := range k.golden.Details {
		want := w.item()
		if got[i].Gone != w.Gone || got[i].Item.ID != w.ID || !w.Gone && !sameItem(got[i].Item, want) {
			got[i].Item.Raw = nil
			wrong("detail %d is\n\t%+v\nwant\n\t%+v (gone %v)", i, got[i], want, w.Gone)
		}
	}
	for m := range mutations(rec.reply.Body, true) {
		damaged := rec.reply
		damaged.Body = m.body
		details, err := h.Fill(ids, damaged)
		if err != nil {
			if fault.KindOf(err) != fault.Malformed {
				wrong("%s: %v; want a Malformed error", m.where, err)
			}
			continue
		}
		for _, d := range details {
			_, asked := gone[d.Item.ID]
			if !asked || d.Gone && !gone[d.Item.ID] && !removedAll(m.where) {
				wrong("%s: %s is called gone or was never asked for", m.where, d.Item.ID)
			}
		}
	}
	for _, body := range []string{"", "null", "{}", "[]", "<html>", `{"error":"x"}`} {
		damaged := rec.reply
		damaged.Body = []byte(body)
		if _, err := h.Fill(ids, damaged); fault.KindOf(err) != fault.Malformed {
			wrong("Fill takes %q for an answer (%v)", body, err)
		}
	}
}

// removedAll says whether a mutation left a list that is truly empty, from which
// nobody can tell that it was not so at the service.
func removedAll(where string) bool {
	return strings.HasSuffix(where, " as a list") && strings.Count(where, ".") == 1 && !strings.Contains(where, "[")
}

// checkRemap: an object maps again to the item that Parse made of it.
func checkRemap(k *kit, wrong report) {
	m, ok := k.c.(connectors.Remapper)
	if !ok {
		return
	}
	k.every(wrong, func(_ connectors.Walk, s step) {
		for _, it := range s.page.Items {
			got, err := m.Remap(s.q, it.Raw)
			if err != nil || !sameItem(got, it) || !reflect.DeepEqual([]byte(got.Raw), []byte(it.Raw)) {
				wrong("%s: Remap of %s gives another item than Parse (%v)", s.name, it.ID, err)
			}
		}
	})
	for _, raw := range []string{"", "null", "{}", "[]", "7", "<html>"} {
		if it, err := m.Remap(k.query(connectors.Backfill, "", ""), []byte(raw)); err == nil {
			wrong("Remap makes the item %q of %q", it.ID, raw)
		}
	}
}
