package site

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"collector/broker"
	"collector/broker/stomp"
	"collector/cluster"
	"collector/control"
	plain "collector/control/words"
	"collector/grant"
	"collector/queue"
	"collector/store"
	"collector/web/page"
	"collector/web/page/chart"
	"collector/web/page/words"
)

// Work is what the page of workers is made of, beside the store. What is nil is not there.
type Work struct {
	// Jobs opens those of collector itself and those of messages for one call; nothing is
	// made where they are only read.
	Jobs     func(ctx context.Context, reading bool, fn func([]queue.Store) error) error
	Topics   func(context.Context) ([]broker.TopicStats, error) // what is kept of messages
	Cluster  func(context.Context) (cluster.Picture, error)     // who leads
	Lag      func(now time.Time) *chart.Lag                     // how late this process starts runs
	Programs func(most int) ([]stomp.Connection, int)           // that are connected by STOMP to this process, at most so many, and how many there are
	Drain    func(ctx context.Context, instance string) error   // asks a member of the cluster to end its work and leave
}

// late is how long work may be due before the page says that it is late.
const late = time.Minute

// working shows who works on what, and has the operator change it.
func (s *site) working() []route {
	return []route{
		{"GET /workers", grant.Admin, (*visit).seeWorkers},
		{"POST /workers/{name}", grant.Admin, (*visit).changeInstance},
		{"POST /queues/{name}", grant.Admin, (*visit).changeQueue},
		{"POST /jobs", grant.Admin, (*visit).changeJobs},
	}
}

// operates says whether who asks may see the work of all: with the scope, and there for no
// user alone, since the work is everybody's.
func (v *visit) operates() bool { return v.whose() == "" && v.who.May(grant.Admin) }

// operator refuses who does not.
func (v *visit) operator() error {
	if !v.operates() {
		return mayNot(grant.Admin)
	}
	return nil
}

// withJobs runs fn over all stores of jobs.
func (v *visit) withJobs(reading bool, fn func([]queue.Store) error) error {
	if v.Work.Jobs == nil {
		return fn(nil)
	}
	return v.Work.Jobs(v.ctx(), reading, fn)
}

func (v *visit) seeWorkers() error {
	if err := v.operator(); err != nil {
		return err
	}
	return v.withJobs(true, v.drawWorkers)
}

func (v *visit) drawWorkers(jobs []queue.Store) error {
	f, err := v.frame("Workers", page.OnWorkers)
	if err != nil {
		return err
	}
	stats, err := control.JobStats(v.ctx(), jobs)
	if err != nil {
		return err
	}
	tally, err := v.Panel.Store.Tally(v.ctx(), v.now)
	if err != nil {
		return err
	}
	beats, err := v.Panel.Store.Beats(v.ctx(), v.now.Add(-control.BeatLife))
	if err != nil {
		return err
	}
	f.Twins = slices.Concat(v.as("/workers.json", "Who works on what", nil), v.as("/jobs.json", "Jobs", nil))
	p := page.Workers{Frame: f, Stream: "/stream?of=workers"}
	dead := 0
	for _, s := range stats {
		dead += int(s.Dead)
		p.Queues = append(p.Queues, queueRow(s))
	}
	p.Heading = workHeading(tally, len(beats), dead, v.now)
	p.Lead = workLead(tally, beats, v.now)
	if v.Work.Lag != nil {
		p.Lag = v.Work.Lag(v.now)
	}
	list, err := control.Workers(v.ctx(), v.Panel.Store, jobs, v.now)
	if err != nil {
		return err
	}
	p.Hands = v.hands(list)
	p.Figures = workFigures(tally, list, v.now)
	v.addInstances(&p, beats, list)
	if p.Jobs, err = v.jobsPart(jobs, stats); err != nil {
		return err
	}
	if p.Topics, err = v.topics(); err != nil {
		return err
	}
	p.Programs = v.programs()
	return v.show(http.StatusOK, p)
}

// workHeading is the sentence one came for.
func workHeading(t store.Tally, instances, dead int, now time.Time) string {
	behind := overdue(t, now)
	switch {
	case instances == 0 && t.Networks() > 0:
		return "Nothing is collected: no instance runs"
	case behind >= late:
		return "Work is late by " + words.Span(behind)
	case dead > 0:
		return plain.Many(dead, "job", "jobs") + " failed for good"
	case t.Due == 0:
		return "Nothing is due"
	}
	return "All work is on time"
}

func overdue(t store.Tally, now time.Time) time.Duration {
	if t.Oldest.IsZero() {
		return 0
	}
	return max(0, now.Sub(t.Oldest))
}

func workLead(t store.Tally, beats []store.Instance, now time.Time) string {
	s := words.First(words.Few(len(beats))) + " instances share " + plain.Many(t.Networks(), "network", "networks") + "."
	switch len(beats) {
	case 0:
		s = plain.Many(t.Networks(), "network waits", "networks wait") + " for an instance."
	case 1:
		s = "One instance looks after " + plain.Many(t.Networks(), "network", "networks") + "."
	}
	if d := overdue(t, now); d > 0 {
		s += " The oldest waiting one is " + words.Span(d) + " over its time."
	}
	for _, b := range beats {
		if b.Version != beats[0].Version {
			return s + " The instances have different versions."
		}
	}
	return s
}

// inHand is how much a worker has: several networks may be one entry.
func inHand(w control.Worker) int {
	switch w.Does {
	case "job", "network":
		return 1
	case "networks":
		return w.Count
	}
	return 0
}

// workFigures count what the page lists below them.
func workFigures(t store.Tally, hands []control.Worker, now time.Time) []page.Figure {
	running := 0
	for _, w := range hands {
		if w.Does != "job" {
			running += inHand(w)
		}
	}
	due := words.Number(t.Due)
	if t.Due >= store.DueMost {
		due = "over " + due
	}
	return []page.Figure{
		{Name: "In work", Value: words.Number(running), Of: "of " + plain.Many(t.Networks(), "network", "networks")},
		{Name: "Due now", Value: due},
		{Name: "Oldest overdue", Value: words.Span(overdue(t, now))},
	}
}

// addInstances lists who runs, and says who leads where that is known.
func (v *visit) addInstances(p *page.Workers, beats []store.Instance, hands []control.Worker) {
	busy := map[string]int{}
	for _, w := range hands {
		busy[w.Owner] += inHand(w)
	}
	members := map[string]cluster.Peer{}
	leader := ""
	if v.Work.Cluster != nil {
		c, err := v.Work.Cluster(v.ctx())
		if err != nil { // collecting goes on without
			p.Elected = "The cluster does not answer. Collecting goes on."
			v.Log.Warn("the cluster cannot be shown", "err", err)
		} else if leader = c.Leader; leader == "" {
			p.Elected = "Nobody leads: an election is under way."
		} else {
			p.Elected = fmt.Sprintf("%s leads, term %s", leader, words.Number(int(c.Term)))
		}
		for _, m := range c.Members {
			members[m.ID] = m
		}
	}
	for _, b := range beats {
		i := page.Instance{
			Name: b.ID, Leader: b.ID == leader, Busy: busy[b.ID], Mode: b.Mode, Version: b.Version, Started: words.Was(b.Started, v.now),
			State: page.Pill{Class: "ok", Icon: "check", Text: "working"},
		}
		m, known := members[b.ID]
		switch {
		case known && m.Draining:
			i.State = page.Pill{Class: "off", Icon: "quiet", Text: "leaving"}
		case known && v.Work.Drain != nil:
			i.Do = page.Actions{To: page.Path("/workers/" + url.PathEscape(b.ID)), About: "Instance " + b.ID, List: []page.Action{{Do: page.Stop, Text: "Stop…", Look: page.Calm}}}
		}
		p.Instances = append(p.Instances, i)
	}
}

// hands are what is worked on now.
func (v *visit) hands(list []control.Worker) (out []page.Hand) {
	for _, w := range list {
		h := page.Hand{Instance: w.Owner}
		if w.Since != nil {
			h.Since = words.Since(*w.Since, v.now)
		}
		if w.Lease != nil {
			h.Lease = words.Will(*w.Lease, v.now)
		}
		switch w.Does {
		case "job":
			h.What, h.Doing = w.Kind+" "+w.Job, "job of "+w.Queue
			if w.Attempt > 1 {
				h.Doing += fmt.Sprintf(", attempt %d", w.Attempt)
			}
		case "network":
			h.What, h.To, h.Doing = w.Network, v.listPath(w.User, w.Network), "reading for "+w.User
		case "networks":
			h.What, h.Doing = plain.Many(w.Count, "network", "networks"), "reading"
		default:
			continue
		}
		if w.Host == "" {
			h.Instance += " (gone)"
		}
		out = append(out, h)
	}
	return out
}

// topics are what is kept of the messages for other programs.
func (v *visit) topics() (out []page.Topic, err error) {
	if v.Work.Topics == nil {
		return nil, nil
	}
	list, err := v.Work.Topics(v.ctx())
	for _, t := range list {
		out = append(out, page.Topic{Name: t.Topic, Messages: int(t.Messages), Last: words.Was(t.Time, v.now)})
	}
	return out, err
}

const (
	programsShown = 100
	listensShown  = 10
)

// programs are those that are connected by STOMP; nil where it is not offered.
func (v *visit) programs() *page.Programs {
	if v.Work.Programs == nil {
		return nil
	}
	list, all := v.Work.Programs(programsShown)
	out := &page.Programs{Unseen: all - len(list)}
	for _, c := range list {
		p := page.Program{Name: c.ID, From: c.From, Version: c.Version, Since: words.Was(c.Since, v.now), InHand: c.InHand, Listens: c.Subscriptions}
		if c.User != "" {
			p.Name, p.Session = plain.Line(c.User), c.ID
		}
		if n := len(p.Listens); n > listensShown {
			p.Listens, p.Unlisted = p.Listens[:listensShown], n-listensShown
		}
		out.List = append(out.List, p)
	}
	return out
}

func queueRow(s queue.Stats) page.Queue {
	do := page.Action{Do: page.Pause, Text: "Pause", Icon: "pause", Look: page.Calm}
	if s.Paused {
		do = page.Action{Do: page.Resume, Text: "Resume", Icon: "play", Look: page.Calm}
	}
	return page.Queue{
		Name: s.Queue, Due: int(s.Ready), Running: int(s.Running), Later: int(s.Scheduled), Dead: int(s.Dead), Paused: s.Paused,
		Do: page.Actions{To: page.Path("/queues/" + url.PathEscape(s.Queue)), About: "Queue " + s.Queue, List: []page.Action{do}},
	}
}
