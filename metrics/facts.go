package metrics

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"collector/queue"
	"collector/state"
	"collector/store"
)

// facts shows how the store stands.
type facts struct {
	networks, leased, items, due, lag told
	instances, versions, changes      told
	jobs, paused, jobEvents           told
	topics, topicMessages             told
	age                               told
	failed                            *prometheus.CounterVec

	known known
	now   func() time.Time
	asked *atomic.Pointer[asked]
}

// asked are the questions to one store.
type asked struct {
	ctx    context.Context
	source Source
	tally  cached[store.Tally]
	beats  cached[[]store.Instance]
	log    cached[int64]
	jobs   cached[map[string][]queue.Stats]
	topics cached[[2]int64]
}

func newFacts(d *definer, k known, now func() time.Time) facts {
	gauge := func(name, help string, labels ...string) told {
		return d.told(prometheus.GaugeValue, true, name, help, labels...)
	}
	counter := func(name, help string, labels ...string) told {
		return d.told(prometheus.CounterValue, true, name, help, labels...)
	}
	return facts{
		networks:  gauge("collector_networks", "Networks by how they stand; a history that is being read has the mode initial.", "service", "mode", "condition", "paused"),
		leased:    gauge("collector_networks_leased", "Networks that an instance has in hand.", "service", "mode"),
		items:     gauge("collector_items_kept", "Items that are kept and not taken back."),
		due:       gauge("collector_due", "Networks that are due and in nobody's hands; 10,000 stands for more."),
		lag:       gauge("collector_due_lag_seconds", "How long the network that waits longest has been due; 0 where none waits."),
		instances: gauge("collector_instances", "Instances that live, by their heartbeats."),
		versions:  gauge("collector_versions", "Different versions of the program among the instances that live."),
		changes:   counter("collector_changes_total", "Entries that the change log ever had: pages that changed something."),
		jobs: gauge("collector_jobs", "Jobs of the collector's own and messages in queues, by what they are for (upkeep, webhooks, messages) and state: scheduled, ready, running, dead, done.",
			"of", "state"),
		paused:        gauge("collector_queues_paused", "Queues that are paused.", "of"),
		jobEvents:     counter("collector_job_events_total", "What became of jobs since their store was made: added, completed, retried, buried, rescued (their instance was gone), requeued.", "of", "event"),
		topics:        counter("collector_topic_messages_sent_total", "Messages that topics ever had."),
		topicMessages: gauge("collector_topic_messages", "Messages of topics that are kept."),
		age:           d.told(prometheus.GaugeValue, false, "collector_facts_age_seconds", "How old the answer of the store is that is shown; one older than a minute is not shown.", "of"),
		failed:        d.counter("collector_facts_failed_total", "Questions to the store that it did not answer, or not within ten seconds.", "of"),
		known:         k, now: now, asked: &atomic.Pointer[asked]{},
	}
}

func (f *facts) from(ctx context.Context, s Source) {
	a := &asked{ctx: ctx, source: s}
	failed := func(of string) func() { return f.failed.WithLabelValues(of).Inc }
	a.tally.now, a.beats.now, a.log.now, a.jobs.now, a.topics.now = f.now, f.now, f.now, f.now, f.now
	a.tally.failed, a.beats.failed, a.log.failed, a.jobs.failed, a.topics.failed = failed("networks"), failed("instances"), failed("changes"), failed("jobs"), failed("topics")
	a.tally.read = func(ctx context.Context) (store.Tally, error) { return s.Tally(ctx, f.now()) }
	a.beats.read = func(ctx context.Context) ([]store.Instance, error) { return s.Beats(ctx, f.now().Add(-s.Life)) }
	a.log.read, a.jobs.read = s.LastChange, s.Jobs
	a.topics.read = func(ctx context.Context) ([2]int64, error) {
		oldest, next, kept, err := s.Topics(ctx)
		if !kept {
			oldest, next = 0, 0
		}
		return [2]int64{oldest, next}, err
	}
	f.asked.Store(a)
}

func (f *facts) close() {
	if a := f.asked.Load(); a != nil {
		a.tally.close()
		a.beats.close()
		a.log.close()
		a.jobs.close()
		a.topics.close()
	}
}

// Describe is prometheus.Collector.
func (f *facts) Describe(to chan<- *prometheus.Desc) {
	for _, t := range []told{
		f.networks, f.leased, f.items, f.due, f.lag, f.instances, f.versions, f.changes,
		f.jobs, f.paused, f.jobEvents, f.topics, f.topicMessages, f.age,
	} {
		to <- t.desc
	}
}

// Collect is prometheus.Collector. It asks what there is to ask at once, and waits for all
// answers together.
func (f *facts) Collect(to chan<- prometheus.Metric) {
	a := f.asked.Load()
	if a == nil {
		return
	}
	var waits []<-chan struct{}
	if a.source.Tally != nil {
		waits = append(waits, a.tally.start(a.ctx))
	}
	if a.source.Beats != nil {
		waits = append(waits, a.beats.start(a.ctx))
	}
	if a.source.LastChange != nil {
		waits = append(waits, a.log.start(a.ctx))
	}
	if a.source.Jobs != nil {
		waits = append(waits, a.jobs.start(a.ctx))
	}
	if a.source.Topics != nil {
		waits = append(waits, a.topics.start(a.ctx))
	}
	f.wait(waits)
	f.sendTally(to, &a.tally)
	f.sendBeats(to, &a.beats)
	if last, age, ok := a.log.last(); ok {
		f.changes.send(to, float64(last))
		f.age.send(to, age.Seconds(), "changes")
	}
	f.sendJobs(to, &a.jobs)
	if bounds, age, ok := a.topics.last(); ok && bounds[1] > 0 { // positions begin at 1
		f.topicMessages.send(to, float64(bounds[1]-bounds[0]))
		f.topics.send(to, float64(max(0, bounds[1]-1)))
		f.age.send(to, age.Seconds(), "topics")
	}
}

func (f *facts) wait(all []<-chan struct{}) {
	late := time.NewTimer(patience)
	defer late.Stop()
	for _, done := range all {
		select {
		case <-done:
		case <-late.C:
			return
		}
	}
}

func (f *facts) sendTally(to chan<- prometheus.Metric, c *cached[store.Tally]) {
	t, age, ok := c.last()
	if !ok {
		return
	}
	f.age.send(to, age.Seconds(), "networks")
	f.items.send(to, float64(t.Items))
	f.due.send(to, float64(t.Due))
	lag := 0.
	if !t.Oldest.IsZero() {
		lag = max(0, f.now().Sub(t.Oldest).Seconds())
	}
	f.lag.send(to, lag)
	type mode struct{ service, mode string }
	type standing struct{ service, mode, condition, paused string }
	networks, leased := map[standing]int{}, map[mode]int{} // several services may be other
	for _, s := range t.States {
		service, which := f.known.service(s.Service), one(string(s.Mode), string(state.Initial), string(state.Normal))
		paused := "false"
		if s.Paused {
			paused = "true"
		}
		networks[standing{service, which, conditionOf(s.Condition), paused}] += s.Networks
		leased[mode{service, which}] += s.Running
	}
	for s, n := range networks {
		f.networks.send(to, float64(n), s.service, s.mode, s.condition, s.paused)
	}
	for m, n := range leased {
		f.leased.send(to, float64(n), m.service, m.mode)
	}
}

// conditionOf is the label of a condition; one that was never set is ok.
func conditionOf(c state.Condition) string {
	if c == "" {
		c = state.OK
	}
	return slug(one(string(c), string(state.OK), string(state.Limited), string(state.NeedsSignIn), string(state.NeedsScope),
		string(state.Missing), string(state.Failing), string(state.Broken), string(state.Stalled), string(state.Imported)))
}

func (f *facts) sendBeats(to chan<- prometheus.Metric, c *cached[[]store.Instance]) {
	beats, age, ok := c.last()
	if !ok {
		return
	}
	versions := map[string]bool{}
	for _, b := range beats {
		versions[b.Version] = true
	}
	f.age.send(to, age.Seconds(), "instances")
	f.instances.send(to, float64(len(beats)))
	f.versions.send(to, float64(len(versions)))
}

func (f *facts) sendJobs(to chan<- prometheus.Metric, c *cached[map[string][]queue.Stats]) {
	all, age, ok := c.last()
	if !ok {
		return
	}
	f.age.send(to, age.Seconds(), "jobs")
	sums, paused := map[string]queue.Stats{}, map[string]int{} // queues may be as many as people like
	for of, queues := range all {
		of = one(of, "upkeep", "webhooks", "messages")
		sum := sums[of]
		for _, q := range queues {
			sum = plus(sum, q)
			if q.Paused {
				paused[of]++
			}
		}
		sums[of] = sum
	}
	for of, s := range sums {
		f.paused.send(to, float64(paused[of]), of)
		for name, n := range map[string]int64{"scheduled": s.Scheduled, "ready": s.Ready, "running": s.Running, "dead": s.Dead, "done": s.Done} {
			f.jobs.send(to, float64(n), of, name)
		}
		for name, n := range map[string]int64{"added": s.Added, "completed": s.Completed, "retried": s.Retried, "buried": s.Buried, "rescued": s.Rescued, "requeued": s.Requeued} {
			f.jobEvents.send(to, float64(n), of, name)
		}
	}
}

// plus adds the counts of two queues.
func plus(a, b queue.Stats) queue.Stats {
	return queue.Stats{
		Scheduled: a.Scheduled + b.Scheduled, Ready: a.Ready + b.Ready, Running: a.Running + b.Running, Dead: a.Dead + b.Dead, Done: a.Done + b.Done,
		Added: a.Added + b.Added, Completed: a.Completed + b.Completed, Retried: a.Retried + b.Retried,
		Buried: a.Buried + b.Buried, Rescued: a.Rescued + b.Rescued, Requeued: a.Requeued + b.Requeued,
	}
}
