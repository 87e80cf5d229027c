package pagetest

import (
	"time"

	"collector/web/page"
	"collector/web/page/chart"
	"collector/web/page/words"
)

// Activity is the newest events.
func Activity() page.Activity {
	event := func(tone page.Tone, clock time.Time, icon page.Icon, text words.Phrase, of string, to page.Path) page.Event {
		return page.Event{Tone: tone, At: words.Moment(clock, clock.Format("15:04:05")), Icon: icon, Text: text, Link: page.Link{Text: of, To: to}, Remark: "wren"}
	}
	b, p := words.Strong, words.Plain
	reddit, mastodon := page.NetworkPath("reddit", "u/mosslamp"), page.NetworkPath("mastodon", "@wren@harbour.example")
	began := event(page.Remark, at(22, 14, 26, 9), "workers", b("host-d:2207").And(p(" began, version 0.9.8")), "workers", "/workers")
	began.Remark = ""
	return page.Activity{
		Frame: frame("Activity", page.OnActivity, "/activity"), Lead: "What was collected and what failed, newest first.", Kept: "Kept for 30 days; waits and failures while they are among the last 20 runs of their list.",
		Accounts: []page.Option{{Text: "All accounts", Chosen: true}, {Value: "github/wren-hollis", Text: "github/wren-hollis"}},
		Kinds:    []page.Option{{Text: "Everything", Chosen: true}, {Value: "new", Text: "New likes"}, {Value: "wait", Text: "Waits"}, {Value: "fail", Text: "What failed"}, {Value: "webhook", Text: "Webhooks"}, {Value: "instance", Text: "Instances"}},
		Recent:   "41 events in the last 10 min", Older: "/activity?before=1200", Stream: "/stream?of=activity",
		Events: []page.Event{
			event(page.Good, at(22, 14, 56, 1), "down", b("Reddit").And(p(": "), b("41 new"), p(", from the history")), "u/mosslamp", reddit),
			event(page.Wait, at(22, 14, 55, 40), "clock", b("Mastodon").And(p(" came to a limit and waits")), "@wren@harbour.example", mastodon),
			event(page.Remark, at(22, 14, 53, 2), "sync", p("Webhook to ").And(b("notes.example"), p(" answered well, the last time")), "wh_4xkq2m7ytzr5", "/settings#webhooks"),
			event(page.Bad, at(22, 14, 47, 12), "alert", p("Webhook to ").And(b("old.example"), p(" has failed since, 5 calls in a row: no such host")), "wh_7ghq1m2ytzr0", "/settings#webhooks"),
			began,
		},
	}
}

// Workers is a fleet of three.
func Workers() page.Workers {
	now := Now()
	quiet := func(name string, first page.Action) page.Actions {
		return page.Actions{To: page.Path("/workers/" + name), About: "Instance " + name, List: []page.Action{first, {Do: page.Stop, Text: "Stop…", Look: page.Calm}}}
	}
	hush := page.Action{Do: page.Quiet, Text: "Quiet", Look: page.Calm}
	working := page.Pill{Class: "ok", Icon: "check", Text: "working"}
	none := page.Actions{}
	hold := func(name string) page.Actions {
		return page.Actions{To: page.Path("/queues/" + name), About: "Queue " + name, List: []page.Action{{Do: page.Pause, Text: "Pause", Icon: "pause", Look: page.Calm}}}
	}
	lag := &chart.Lag{From: at(22, 13, 56, 0), Until: at(22, 14, 56, 0), Runs: 12_480, Half: 800 * time.Millisecond, Tail: 2600 * time.Millisecond, Target: 5 * time.Second, Remark: "Of the process alone that shows this page. The hump at 14:26 is host-c leaving; its networks were taken over in 9 s."}
	for i := range 61 {
		lag.Median = append(lag.Median, time.Duration(700+i*37%300)*time.Millisecond)
		lag.Most = append(lag.Most, time.Duration(2100+i*97%1100)*time.Millisecond)
	}
	lag.Most[28], lag.Most[29], lag.Most[30], lag.Most[31] = 6*time.Second, 11500*time.Millisecond, 13*time.Second, 10*time.Second
	job := func(id, why string, next time.Time, attempt string, chosen bool) page.Job {
		return page.Job{ID: id, Kind: "webhook", Error: why, Priority: 10, Next: words.Will(next, now), Attempt: attempt, Chosen: chosen}
	}
	return page.Workers{
		Frame: frame("Workers", page.OnWorkers, "/workers"), Heading: "All work is on time", Lead: "Four instances share 12,480 networks. The oldest waiting one is 4 s over its time. The instances have different versions.",
		Figures: []page.Figure{{Name: "Instances", Value: "4"}, {Name: "Workers busy", Value: "41", Of: "of 72, of 3 instances"}, {Name: "Due now", Value: "212"}, {Name: "Oldest overdue", Value: "4 s"}, {Name: "Calls", Value: "2,480", Of: "/min, of 3 instances"}, {Name: "DB connections", Value: "17", Of: "of 27, of 3 instances"}},
		Lag:     lag, Elected: "leader elected at 14:26, term 18", Stream: "/stream?of=workers",
		Instances: []page.Instance{
			{Name: "host-a:412", Leader: true, State: working, Busy: 19, Of: 24, Leases: "21 leases", Memory: "88 MB", Mode: "both", Started: words.Was(at(19, 8, 12, 0), now), Version: "1.0.0", Do: quiet("host-a:412", hush)},
			{Name: "host-b:3310", State: working, Busy: 22, Of: 24, Leases: "22 leases", Memory: "91 MB", Mode: "normal", Started: words.Was(at(19, 8, 13, 0), now), Version: "1.0.0", Do: quiet("host-b:3310", hush)},
			{Name: "host-d:2207", State: page.Pill{Class: "off", Icon: "quiet", Text: "quiet"}, Of: 24, Leases: "0 leases", Memory: "74 MB of Go", Mode: "initial", Started: words.Was(at(22, 14, 53, 0), now), Version: "0.9.9", Odd: "older", Do: quiet("host-d:2207", page.Action{Do: page.Resume, Text: "Resume", Look: page.Calm})},
			{Name: "host-e:77", State: working, Busy: 3, Mode: "both", Started: words.Was(at(19, 8, 12, 0), now), Version: "0.9.0", Odd: "older", Do: none},
			{Name: "host-f:4021", State: page.Pill{Class: "bad", Icon: "alert", Text: "silent"}, Busy: 24, Of: 24, Leases: "24 leases", Memory: "93 MB", Mode: "both", Started: words.Was(at(19, 8, 12, 0), now), Version: "1.0.0", Do: none},
		},
		Hands: []page.Hand{
			{Instance: "host-a:412", What: "reddit/u/mosslamp", To: page.NetworkPath("reddit", "u/mosslamp"), Doing: "reading page 5", Since: words.Since(at(22, 14, 55, 28), now), Lease: words.Will(at(22, 14, 56, 31), now)},
			{Instance: "host-b:3310", What: "webhook 56a0-91fe", Doing: "calling notes.example", Since: words.Since(at(22, 14, 56, 2), now), Lease: words.Will(at(22, 14, 57, 4), now)},
		},
		Rates: "the rate is of all instances, over the last 5 min",
		Queues: []page.Queue{
			{Name: "upkeep", Due: 2, Running: 1, Later: 3, Rate: "2 a min", Do: hold("upkeep")},
			{Name: "webhooks", Due: 14, Running: 4, Later: 38, Dead: 2, Rate: "12 an hour", Do: hold("webhooks")},
			{Name: "exports", Paused: true, Do: page.Actions{To: "/queues/exports", About: "Queue exports", List: []page.Action{{Do: page.Resume, Text: "Resume", Icon: "play", Look: page.Calm}}}},
		},
		Jobs: page.Jobs{
			Queues: []page.Option{{Value: "webhooks", Text: "webhooks", Chosen: true}, {Value: "exports", Text: "exports"}}, States: []page.Option{{Value: "retrying", Text: "later, after a failure", Chosen: true}, {Value: "dead", Text: "failed for good"}},
			Match: 38, ShowData: "/workers?data=show#jobs", Query: "queue=webhooks&state=retrying", CanChange: true, Pager: page.Pager{Shown: "1–4 of 38", Next: "/workers?after=4#jobs"},
			List: []page.Job{
				job("55e1-c0de", "old.example: no such host", at(22, 15, 17, 0), "5 of 8", true),
				job("55e2-00b7", "old.example: no such host", at(22, 15, 18, 0), "5 of 8", true),
				job("56a0-91fe", "notes.example answered 503, asked to wait 120 s", at(22, 14, 58, 0), "2 of 8", false),
				job("5703-2d44", "hooks.example did not answer in 10 s", at(22, 15, 2, 0), "3 of 8", false),
			},
		},
		Programs: &page.Programs{
			List: []page.Program{
				{Name: "notes", Session: "session-3", From: "192.168.1.20:50112", Version: "1.2", Since: words.Was(at(22, 9, 12, 0), now), Listens: []string{"/queue/likes", "/topic/items"}, Unlisted: 3, InHand: 17},
				{Name: "session-41", From: "127.0.0.1:40718", Version: "1.0", Since: words.Was(at(22, 14, 50, 0), now)},
			},
			Unseen: 7,
		},
		Topics: []page.Topic{{Name: "/topic/items", Messages: 48210, Last: words.Was(at(15, 15, 0, 0), now)}, {Name: "/topic/runs", Messages: 12, Last: words.Was(at(22, 14, 0, 0), now)}},
	}
}

// Alone is a process that has just begun, seen by somebody who may only look, among more jobs
// than a page looks at.
func Alone() page.Workers {
	w := Workers()
	return page.Workers{Frame: w.Frame, Heading: "Nothing is due", Lead: "One instance looks after two networks.", Instances: w.Instances[1:2], Jobs: page.Jobs{Part: true, Looked: 5000, AsKind: "/workers?as=kind&find=mail#jobs", Pager: page.Pager{Next: "/workers?as=error&find=mail&after=0:55e1#jobs"}}, Figures: []page.Figure{{Name: "Instances", Value: "1"}, {Name: "In work", Value: "0", Of: "of 2 networks"}, {Name: "Due now", Value: "0"}, {Name: "Oldest overdue", Value: "0 s"}}, Programs: &page.Programs{}}
}

// DeleteJobs asks before jobs are deleted.
func DeleteJobs() page.Confirm {
	return page.Confirm{
		Frame: frame("Delete 38 jobs?", page.OnWorkers, "/workers"), Heading: "Delete 38 jobs?", Text: words.Plain("All 38 jobs of the queue ").And(words.Strong("webhooks"), words.Plain(" that wait for another try. What they would have told is not told.")),
		To: "/jobs", Do: page.Delete, Hidden: []page.Hidden{{Name: "match", Value: "queue=webhooks&state=retrying"}, {Name: "which", Value: "all"}}, Button: "Delete 38 jobs", Back: page.Link{Text: "Leave them", To: "/workers#jobs"},
	}
}

// DisconnectAccount asks what becomes of the items.
func DisconnectAccount() page.Confirm {
	return page.Confirm{
		Frame: frame("Disconnect?", page.OnAccounts, "/accounts"), Heading: "Disconnect GitHub stars of wren-hollis?", Text: words.Plain("The sign-in is forgotten. Nothing is changed at GitHub."),
		To: page.NetworkPath("github", "wren-hollis"), Do: page.Disconnect, Ask: "items", Choice: []page.Option{{Value: "keep", Text: "Keep the 3,014 items"}, {Value: "purge", Text: "Delete the 3,014 items too"}}, Button: "Disconnect", Back: page.Link{Text: "Stay connected", To: page.NetworkPath("github", "wren-hollis")},
	}
}
