package site

import (
	"context"
	"fmt"
	"math"
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
	instances, err := control.Instances(v.ctx(), v.Panel.Store, v.now)
	if err != nil {
		return err
	}
	f.Twins = slices.Concat(v.as("/workers.json", "Who works on what", nil), v.as("/jobs.json", "Jobs", nil))
	fleet := control.FleetOf(instances)
	p := page.Workers{Frame: f, Stream: "/stream?of=workers"}
	dead := 0
	rates := v.Panel.Rates.Look(stats, v.now)
	for _, s := range stats {
		dead += int(s.Dead)
		rate, known := rates[s.Queue]
		p.Queues = append(p.Queues, queueRow(s, rate, known))
	}
	p.Rates = ratesWords(rates)
	p.Heading = workHeading(tally, fleet.Instances, dead, v.now)
	p.Lead = workLead(tally, instances[:fleet.Instances], v.now)
	if v.Work.Lag != nil {
		p.Lag = v.Work.Lag(v.now)
	}
	list, err := control.Workers(v.ctx(), v.Panel.Store, jobs, v.now)
	if err != nil {
		return err
	}
	p.Hands = v.hands(list)
	p.Figures = workFigures(tally, fleet, list, v.now)
	v.addInstances(&p, instances, list)
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

func workLead(t store.Tally, beats []control.Instance, now time.Time) string {
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

// workFigures are what the instances tell, and where they do not, what the page lists below.
func workFigures(t store.Tally, f control.Fleet, hands []control.Worker, now time.Time) []page.Figure {
	running := 0
	for _, w := range hands {
		if w.Does != "job" {
			running += inHand(w)
		}
	}
	by := "" // who tells, where not all do
	if f.Telling < f.Instances {
		by = fmt.Sprintf(", of %d instances", f.Telling)
	}
	out := []page.Figure{{Name: "Instances", Value: words.Number(f.Instances)}}
	if f.Telling > 0 {
		out = append(out, page.Figure{Name: "Workers busy", Value: words.Number(f.Busy), Of: "of " + words.Number(f.Workers) + by})
	} else {
		out = append(out, page.Figure{Name: "In work", Value: words.Number(running), Of: "of " + plain.Many(t.Networks(), "network", "networks")})
	}
	due := words.Number(t.Due)
	if t.Due >= store.DueMost {
		due = "over " + due
	}
	out = append(out, page.Figure{Name: "Due now", Value: due}, page.Figure{Name: "Oldest overdue", Value: words.Span(overdue(t, now))})
	if f.Telling == 0 {
		return out
	}
	out = append(out, page.Figure{Name: "Calls", Value: words.Number(f.Calls), Of: "/min" + by})
	if conns := (page.Figure{Name: "DB connections", Value: words.Number(f.Conns)}); f.Most > 0 {
		conns.Of = "of " + words.Number(f.Most) + by
		out = append(out, conns)
	} else if f.Conns > 0 {
		conns.Of = "in use" + by
		out = append(out, conns)
	}
	return out
}

// instanceStates are how the states of an instance look.
var instanceStates = map[string]page.Pill{
	control.AtWork:        {Class: "ok", Icon: "check", Text: "working"},
	control.IsQuiet:       {Class: "off", Icon: "quiet", Text: "quiet"},
	control.BecomingQuiet: {Class: "wait", Icon: "clock", Text: "becoming quiet"},
	control.Resuming:      {Class: "wait", Icon: "clock", Text: "resuming"},
	control.Ending:        {Class: "off", Icon: "quiet", Text: "leaving"},
	control.Silent:        {Class: "bad", Icon: "alert", Text: "silent"},
}

// addInstances lists who runs, and says who leads where that is known.
func (v *visit) addInstances(p *page.Workers, list []control.Instance, hands []control.Worker) {
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
	for _, in := range list {
		if m, known := members[in.ID]; known && m.Draining && in.State != control.Silent {
			in.State = control.Ending
		}
		_, member := members[in.ID]
		p.Instances = append(p.Instances, v.instanceRow(in, busy[in.ID], in.ID == leader, member && v.Work.Drain != nil))
	}
}

// instanceRow is one instance; member says that the cluster can ask it to leave, whatever its
// version.
func (v *visit) instanceRow(in control.Instance, busy int, leads, member bool) page.Instance {
	i := page.Instance{
		Name: in.ID, Leader: leads, State: instanceStates[in.State], Busy: busy, Mode: in.Mode, Version: in.Version, Started: words.Was(*in.Started, v.now),
	}
	if in.Version != v.Version {
		i.Odd = [...]string{"older", "another one", "newer"}[1+control.Older(in.Version, v.Version)]
	}
	if t := in.Vitals; t != nil {
		i.Busy, i.Of, i.Leases, i.Memory = t.Busy, t.Workers, plain.Many(t.Leases, "lease", "leases"), words.Size(t.Memory)
		if !t.Resident {
			i.Memory += " of Go"
		}
	}
	quiet := page.Action{Do: page.Quiet, Text: "Quiet", Look: page.Calm}
	switch in.State {
	case control.Silent, control.Ending:
		return i
	case control.IsQuiet, control.BecomingQuiet:
		quiet = page.Action{Do: page.Resume, Text: "Resume", Look: page.Calm}
	}
	i.Do = page.Actions{To: page.Path("/workers/" + url.PathEscape(in.ID)), About: "Instance " + in.ID}
	if in.Vitals != nil {
		i.Do.List = append(i.Do.List, quiet)
	}
	if in.Vitals != nil || member {
		i.Do.List = append(i.Do.List, page.Action{Do: page.Stop, Text: "Stop…", Look: page.Calm})
	} else {
		i.Do = page.Actions{}
	}
	return i
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

// ratesWords says what the rates are of; "" where there are none.
func ratesWords(rates map[string]control.Rate) string {
	over := time.Duration(0)
	for _, r := range rates {
		over = max(over, r.Over)
	}
	if over == 0 {
		return ""
	}
	return "the rate is of all instances, over the last " + words.Span(over)
}

// rateWords is a rate in the unit in which it is a number to be read.
func rateWords(r control.Rate) string {
	a := r.PerMinute()
	switch {
	case r.Ended == 0:
		return "0 a min"
	case a >= 1:
		return words.Number(int(math.Round(a))) + " a min"
	case a*60 >= 1:
		return words.Number(int(math.Round(a*60))) + " an hour"
	}
	return words.Number(max(1, int(math.Round(a*60*24)))) + " a day"
}

// queueRow is one queue; its rate is not known before the page was looked at for a while.
func queueRow(s queue.Stats, rate control.Rate, known bool) page.Queue {
	do := page.Action{Do: page.Pause, Text: "Pause", Icon: "pause", Look: page.Calm}
	if s.Paused {
		do = page.Action{Do: page.Resume, Text: "Resume", Icon: "play", Look: page.Calm}
	}
	ended := ""
	if known {
		ended = rateWords(rate)
	}
	return page.Queue{
		Rate: ended, Name: s.Queue, Due: int(s.Ready), Running: int(s.Running), Later: int(s.Scheduled), Dead: int(s.Dead), Paused: s.Paused,
		Do: page.Actions{To: page.Path("/queues/" + url.PathEscape(s.Queue)), About: "Queue " + s.Queue, List: []page.Action{do}},
	}
}
