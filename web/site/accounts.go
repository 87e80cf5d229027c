package site

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"collector/connectors"
	"collector/control"
	plain "collector/control/words"
	"collector/grant"
	"collector/state"
	"collector/store"
	"collector/web/page"
	"collector/web/page/words"
)

// accounts shows how all lists are doing.
func (s *site) accounts() []route {
	return []route{{"GET /accounts", grant.Read, (*visit).allAccounts}}
}

func (v *visit) allAccounts() error {
	f, err := v.frame("Accounts", page.OnAccounts)
	if err != nil {
		return err
	}
	last, err := v.Panel.Store.LastChange(v.ctx()) // before what is shown, so that what comes meanwhile is told
	if err != nil {
		return err
	}
	of := store.Filter{User: v.whose()}
	if of.User != "" {
		of.Limit = control.StatusMost + 1 // of all users the panel bounds it
	}
	st, err := v.Panel.Status(v.ctx(), of, v.now)
	if err != nil {
		return err
	}
	f.Twins = v.as("/accounts.json", "", nil)
	f.Notes = append(f.Notes, unwell(st)...)
	if of.Limit > 0 && len(st.Networks) == of.Limit {
		st.Networks = st.Networks[:control.StatusMost]
		f.Notes = append(f.Notes, page.Note{
			Tone: page.Remark, Icon: "person", What: words.Plain("You have more than " + words.Number(control.StatusMost) + " lists, and the others are not shown here."), Whose: "collector status --user NAME shows all.",
		})
	}
	return v.show(http.StatusOK, page.Accounts{
		Frame: f, List: v.grouped(st.Networks, st.Unlisted > 0), Unlisted: st.Unlisted, CanChange: v.who.May(grant.Write), Stream: streamPath("accounts", "", "", last),
	})
}

// unwell is what concerns all lists at once.
func unwell(st control.Status) (out []page.Note) {
	say := func(what, whose string) {
		out = append(out, page.Note{Tone: page.Wait, Icon: "clock", What: words.Plain(what), Whose: whose})
	}
	if len(st.Networks) > 0 && len(st.Instances) == 0 {
		say("No collector runs, so nothing is read.", "Whoever has the machine starts it with the command collector.")
	}
	if st.Unlisted > 0 {
		say(plain.Many(st.Unlisted, "list is", "lists are")+" not shown here: those that are need somebody.", "collector status --user NAME shows all of one user.")
	}
	return out
}

// grouped puts the lists of one sign-in together, in the order in which they come. Whose it
// is is said where several people have some, and where there are others that are not listed.
func (v *visit) grouped(lists []control.Network, others bool) (out []page.Account) {
	several := others || slices.ContainsFunc(lists, func(n control.Network) bool { return n.User != lists[0].User })
	type signIn struct{ user, provider, server, name string }
	at := map[signIn]int{}
	worst := map[int]control.Trouble{}
	var told []control.Network // what the lists of each sign-in tell of it
	for _, n := range lists {
		provider := n.Service
		if c, ok := v.Panel.Offered(n.Service); ok {
			provider = c.Info().Provider
		}
		key := signIn{n.User, provider, n.Server, n.Account}
		i, ok := at[key]
		if !ok {
			i = len(out)
			a := page.Account{ID: "account-" + words.Number(i+1), Service: v.service(n.Service), Name: plain.Line(n.Account)}
			if several {
				a.SignIn = v.of(n.User)
			}
			told = append(told, n)
			at[key], out = i, append(out, a)
		}
		told[i] = earlier(told[i], n)
		a := &out[i]
		a.Networks = append(a.Networks, v.list(n))
		if q, ok := battery(n.Quota, v.now); ok && !drawn(a.Quotas, q) {
			a.Quotas = append(a.Quotas, q)
		}
		if n.NeedsYou && n.Trouble() > worst[i] {
			worst[i], a.Note = n.Trouble(), v.trouble(n)
		}
	}
	for i := range out {
		out[i].SignIn = strings.Trim(out[i].SignIn+", "+v.signedIn(told[i]), ", ")
	}
	return out
}

func drawn(quotas []page.Quota, q page.Quota) bool {
	for _, have := range quotas {
		if have.Left == q.Left && have.Of == q.Of && have.Unit == q.Unit && have.Full.String() == q.Full.String() {
			return true
		}
	}
	return false
}

// of says whose a sign-in is, to the operator.
func (v *visit) of(user string) string {
	if v.whose() != "" || user == control.Someone {
		return ""
	}
	return "of the user " + plain.Line(user)
}

// list is one list as the page of all accounts shows it.
func (v *visit) list(n control.Network) page.Network {
	to := v.listPath(n.User, n.Network)
	why, because := nextRun(n, v.now)
	out := page.Network{
		Title: words.First(v.noun(n.Service)) + params(n), To: to, Items: n.Items, Noun: v.noun(n.Service),
		State: stateOf(n), Beat: runBeat(n.Runs), Why: why, Because: because, Progress: walked(n), Do: v.buttons(n, backTo(to, "/accounts"), true),
	}
	if n.LastOK != nil {
		out.LastOK = words.Since(*n.LastOK, v.now)
	}
	return out
}

// noun is what the likes of a service are called.
func (s *site) noun(service string) string {
	if c, ok := s.Panel.Offered(service); ok {
		return c.Info().Likes
	}
	return "likes"
}

// params is what a list is of beside its account, " :stackoverflow".
func params(n control.Network) string {
	if _, more, ok := strings.Cut(n.Network, "/"+n.Account+":"); ok {
		return ": " + plain.Line(more)
	}
	return ""
}

// backTo is where a form is sent that leads on to another page than its own.
func backTo(form, next page.Path) page.Path {
	sign := "?"
	if strings.Contains(string(form), "?") {
		sign = "&"
	}
	return form + page.Path(sign+url.Values{"back": {string(next)}}.Encode())
}

// stateOf is how a list is doing, in the order in which control counts states.
func stateOf(n control.Network) page.State {
	switch {
	case n.Condition == string(state.Imported):
		return page.Imported
	case n.Paused:
		return page.Paused
	case n.NeedsYou:
		return page.NeedsYou
	case n.Condition == string(state.Failing), n.Condition == string(state.Stalled):
		return page.Failing
	case n.Condition == string(state.Limited) && !n.Running:
		return page.Waiting
	case n.Mode == string(state.Initial):
		return page.Collecting
	case n.Progress != nil:
		return page.Comparing
	case n.State == "ok, partial":
		return page.Partial
	}
	return page.UpToDate
}

// runBeat is how the last runs went.
func runBeat(runs []control.Run) (out page.Beat) {
	for _, r := range runs {
		out = append(out, tick(r))
	}
	return out
}

// battery is a quota as it is drawn; false where its size is not known.
func battery(q *control.Quota, now time.Time) (page.Quota, bool) {
	if q == nil || q.Limit <= 0 {
		return page.Quota{}, false
	}
	out := page.Quota{Left: q.Left, Of: q.Limit, Unit: q.Unit}
	switch q.Unit {
	case "":
		out.Unit = "calls"
	case connectors.Mills:
		out.Left, out.Of, out.Unit = inUnit(q.Unit, q.Left), inUnit(q.Unit, q.Limit), "US cents"
	}
	switch {
	case q.Blocked != nil:
		out.Full = words.Plain("no call before ").And(words.Moment(*q.Blocked, words.Clock(*q.Blocked, now)))
	case q.Resets != nil:
		what := "full again "
		if q.Rolling {
			what = "more again "
		}
		out.Full = words.Plain(what).And(words.Moment(*q.Resets, words.Clock(*q.Resets, now)))
	}
	return out, true
}
