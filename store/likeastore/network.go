package likeastore

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"

	"collector/auth"
	"collector/connectors"
	"collector/state"
	"collector/store"
)

// list is one list of the old database and what it becomes.
type list struct {
	old     string // service
	kind    string // of its items
	account state.Account
	network store.WholeNetwork
	cred    auth.Credential // empty where no sign-in could be taken over
	wasMode string          // as the old program had it; "" for none
	halted  string          // "disabled" or "skip"; "" while it was collected
}

// idOf derives an id from that of an old document, always the same one.
func idOf(d document) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://github.com/likeastore/collector/networks/"+d.key())).String()
}

// afterLimit is how long the old program waited after a rate limit.
const afterLimit = time.Hour

// listOf reads the document of a network whose service has a connector.
func listOf(d document, in connectors.Info, s service) list {
	made := d.made()
	l := list{old: d.text("service"), kind: s.kind, wasMode: d.text("mode")}
	id := idOf(d)
	name := d.text("username")
	if name == "" || name != strings.Join(strings.Fields(name), "") || len(name) > 200 {
		name = "unnamed-" + id[len(id)-8:] // until the service names it
	}
	l.account = state.Account{ID: id, User: d.text("user"), Provider: in.Provider, Name: name, CreatedAt: made}
	l.cred = signIn(d)
	due := d.time("scheduledTo")
	if due.IsZero() {
		due = made // the old program ran it at once
	}
	p := state.Progress{Mode: modeOf(d), Condition: state.OK, ScheduledTo: due, Reason: "taken over from Likeastore", LastRunAt: d.time("lastExecution")}
	n := store.WholeNetwork{Network: state.Network{
		ID: id, AccountID: id, User: l.account.User, Service: in.Name, Provider: in.Provider,
		Account: name, CreatedAt: made,
	}}
	if l.wasMode == "rateLimit" {
		if d.time("scheduledTo").IsZero() && !p.LastRunAt.IsZero() {
			p.ScheduledTo = p.LastRunAt.Add(afterLimit)
		}
		p.Condition, p.Reason = state.Limited, "the service had limited Likeastore; its time is kept"
	}
	if l.cred.Empty() {
		p.Condition, p.ScheduledTo = state.NeedsSignIn, time.Time{}
		p.Reason, p.NextStep = "Likeastore kept no sign-in that can be used", "collector connect "+in.Name
	}
	switch {
	case d.is("disabled"):
		l.halted = "disabled"
	case d.is("skip"):
		l.halted = "skip"
	}
	if l.halted != "" {
		n.Paused, p.Reason = true, why(d, l.halted)
	}
	p.PollAt, p.PollWhy = p.ScheduledTo, p.Reason
	n.Progress = p
	if !n.Paused {
		n.WakeAt = p.ScheduledTo
	}
	l.network = n
	return l
}

// why says why the old program did not collect a list any more.
func why(d document, halted string) string {
	if halted == "skip" {
		return "paused: somebody had Likeastore skip it"
	}
	reason := "paused: Likeastore had disabled it"
	if status := d.status(); status != "" {
		reason += " after errors, the last with status " + status
	} else if said, ok := d["lastError"].(string); ok && said == "disabled due to user inactivity" {
		reason += " since its user was away"
	}
	if d.is("unauthorized") {
		reason += "; its sign-in was refused"
	}
	return reason
}

// modeOf is the mode that a network was in. A limit had overwritten it; then what it
// was stands in prevMode, or shows in what is kept only while a history is read.
func modeOf(d document) state.Mode {
	mode := d.text("mode")
	if mode == "rateLimit" {
		mode = d.text("prevMode")
	}
	switch mode {
	case "normal":
		return state.Normal
	case "initial", "":
		if d.text("mode") != "rateLimit" || mode == "initial" {
			return state.Initial
		}
	}
	for _, field := range []string{"page", "maxId", "nextPageToken"} {
		if d.is(field) {
			return state.Initial
		}
	}
	if d.time("lastExecution").IsZero() {
		return state.Initial
	}
	return state.Normal
}

// signIn is the credential of a network; empty where it holds none that can be one.
func signIn(d document) auth.Credential {
	access := d.text("accessToken")
	if access == "" {
		return auth.Credential{}
	}
	given := map[string]string{"access": access}
	if refresh := d.text("refreshToken"); refresh != "" {
		given["refresh"] = refresh
	}
	text, err := json.Marshal(given)
	if err != nil {
		return auth.Credential{}
	}
	c, err := auth.ParseCredential(string(text))
	if err != nil {
		return auth.Credential{}
	}
	return c
}

// better tells which of two documents of one user and service is collected: one with
// a sign-in before one without, one at work before a halted one, then the older one.
func (l list) better(than list) bool {
	rank := func(l list) int {
		r := 0
		if l.cred.Empty() {
			r += 2
		}
		if l.halted != "" {
			r++
		}
		return r
	}
	if a, b := rank(l), rank(than); a != b {
		return a < b
	}
	return cmp.Or(l.network.CreatedAt.Compare(than.network.CreatedAt), strings.Compare(l.network.ID, than.network.ID)) < 0
}
