package site

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"collector/control"
	plain "collector/control/words"
	"collector/grant"
	"collector/state"
	"collector/web/page"
)

// recentFor is how long ago "just now" begins.
const recentFor = 10 * time.Minute

// activity shows what happened.
func (s *site) activity() []route {
	return []route{{"GET /activity", grant.Read, (*visit).seeActivity}}
}

// keptFor says how far back a list of a kind reaches: changes to a time, runs by their number, and
// for others what is known now.
func keptFor(a control.ActivityAsked, runs bool) string {
	const (
		ran   = " while they are among the last 20 runs of their list."
		calls = " Of a webhook there is the last call that went well, and since when none does."
	)
	days := plain.Many(int(control.ChangesKept/(24*time.Hour)), "day", "days")
	began := " Of instances there is when those that run began, and for " + days + " when those were last heard of that ended without a word; who left of itself is not told of."
	out := "Kept for " + days + "."
	switch {
	case a.Before > 0:
		return out
	case a.Kind == "wait" || a.Kind == "fail":
		out = "Kept" + ran
	case a.Kind == "webhook" || a.Kind == "instance":
		out = ""
	case a.Kind == "" && runs:
		out = "Kept for " + days + "; waits and failures" + ran
	}
	if a.Webhooks && slices.Contains([]string{"", "fail", "webhook"}, a.Kind) {
		out += calls
	}
	if a.Instances && slices.Contains([]string{"", "fail", "instance"}, a.Kind) {
		out += began
	}
	return strings.TrimSpace(out)
}

// activityKinds are what the activity can be narrowed to, as far as who asks may see it.
func activityKinds(a control.ActivityAsked) []page.Option {
	out := []page.Option{
		{Value: "", Text: "Everything"},
		{Value: "new", Text: "New likes"},
		{Value: "changed", Text: "Changed likes"},
		{Value: "gone", Text: "Likes that are gone"},
		{Value: "wait", Text: "Waits"},
		{Value: "fail", Text: "What failed"},
	}
	if a.Webhooks {
		out = append(out, page.Option{Value: "webhook", Text: "Webhooks"})
	}
	if a.Instances {
		out = append(out, page.Option{Value: "instance", Text: "Instances"})
	}
	return out
}

func (v *visit) seeActivity() error {
	q := v.r.URL.Query()
	a := control.ActivityAsked{User: v.whose(), Network: q.Get("account"), Kind: q.Get("kind"), Webhooks: v.seesWebhooks(), Instances: v.operates()}
	kinds := activityKinds(a)
	if !slices.ContainsFunc(kinds, func(o page.Option) bool { return o.Value == a.Kind }) {
		return wrong("choose one of the list", "there is no such kind of activity")
	}
	var err error
	if a.Before, err = logNumber(q.Get("before")); err != nil {
		return err
	}
	f, err := v.frame("Activity", page.OnActivity)
	if err != nil {
		return err
	}
	happened, err := v.Panel.Activity(v.ctx(), a, v.now)
	if err != nil {
		return err
	}
	f.Twins = v.as("/activity.json", "", url.Values{"account": {a.Network}, "kind": {a.Kind}, "before": {q.Get("before")}})
	few := len(happened.Lists) <= control.ActivityRuns
	p := page.Activity{
		Frame: f, Lead: "What was collected and what failed, newest first.", Kept: keptFor(a, few),
		Accounts: chosenAccount(happened.Lists, a.Network), Kinds: optionsWith(kinds, a.Kind), Narrowed: a.Network != "" || a.Kind != "" || a.Before > 0,
	}
	switch {
	case a.Before > 0:
		p.Lead = "What was collected earlier, newest first. Waits and failures are on the first page, of the last 20 runs of each list."
	case !few:
		p.Lead = "What was collected, newest first. There are too many accounts to list their failures here: see Accounts."
	case happened.Crowded:
		p.Lead = "What was collected and what failed, newest first. There are too many webhooks to list their calls here: see Settings."
	}
	if a.Before == 0 {
		if !slices.Contains([]string{"wait", "fail"}, a.Kind) || few { // else nothing is shown, and nothing will come
			p.Stream = streamPath("activity", a.Network, a.Kind, happened.Last)
		}
		p.Recent = recentEvents(happened, v.now)
	}
	lists := listsByName(happened.Lists)
	for _, e := range happened.Events {
		p.Events = append(p.Events, toRun(v.event(e, v.now, v.whose() == ""), e, lists))
	}
	if happened.Older > 0 {
		p.Older = page.Path("/activity?" + url.Values{"account": {a.Network}, "kind": {a.Kind}, "before": {strconv.FormatInt(happened.Older, 10)}}.Encode())
	}
	return v.show(http.StatusOK, p)
}

// logNumber reads a number of the log that an address holds; "" is 0.
func logNumber(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, wrong("go back to the newest: /activity", "the number that the list is to begin before is none")
	}
	return n, nil
}

func streamPath(of, account, kind string, since int64) page.Path {
	return page.Path("/stream?" + url.Values{"of": {of}, "account": {account}, "kind": {kind}, "since": {strconv.FormatInt(since, 10)}}.Encode())
}

// optionsWith marks one of the options.
func optionsWith(list []page.Option, value string) []page.Option {
	list = slices.Clone(list)
	for i := range list {
		list[i].Chosen = list[i].Value == value
	}
	return list
}

// chosenAccount lists accounts to choose from, and that which is chosen.
func chosenAccount(own []state.Network, account string) []page.Option {
	list := []page.Option{{Text: "All accounts"}}
	for _, n := range own {
		name := n.Name()
		if list[len(list)-1].Value != name { // two users may have it
			list = append(list, page.Option{Value: name, Text: name})
		}
	}
	if !slices.ContainsFunc(list, func(o page.Option) bool { return o.Value == account }) {
		list = append(list, page.Option{Value: account, Text: account})
	}
	return optionsWith(list, account)
}

// recentEvents says how much happened just now, where the page knows all of it.
func recentEvents(happened control.Activity, now time.Time) string {
	n := 0
	for _, e := range happened.Events {
		if now.Sub(*e.At) <= recentFor {
			n++
		}
	}
	if n == len(happened.Events) && happened.Older > 0 {
		return ""
	}
	return plain.Many(n, "event", "events") + " in the last 10 min"
}
