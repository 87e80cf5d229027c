package main

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"collector/broker/stomp"
	"collector/cluster"
	"collector/cmd/collector/internal/config"
	"collector/connectors"
	"collector/executor"
	"collector/limit"
	"collector/metrics"
	"collector/queue"
	"collector/scheduler"
	"collector/state"
	"collector/store"
	"collector/trace"
)

// runPages is how many pages of one network are read before another gets its turn.
const runPages = 25

// firstSteps is what to do when nothing is connected.
const firstSteps = `  collector connect github        use your GitHub stars
  collector demo                  look around with simulated data
  collector connectors            list all services
`

// daemon is the program without a sub-command.
type daemon struct {
	*app
	once, dryRun bool
}

func (d *daemon) flags(f *pflag.FlagSet) {
	f.BoolVar(&d.once, "once", false, "one pass over what is due, then end (for cron)")
	f.BoolVar(&d.dryRun, "dry-run", false, "read one page of each network that is due, print it, store nothing")
}

func (d *daemon) run(c *cobra.Command, _ []string) error {
	ctx := c.Context()
	fresh := d.isNew()
	if d.dryRun {
		return d.withStore(ctx, func(ctx context.Context, st store.Store) error {
			if d.simulated {
				return simulatedStore(st)
			}
			return d.preview(ctx, st)
		})
	}
	owner := d.newOwner()
	err := d.withNewStore(ctx, owner, func(ctx context.Context, st store.Store) error {
		if d.simulated {
			return simulatedStore(st)
		}
		d.greet(ctx, st, fresh)
		return d.collect(ctx, st, collecting{owner: owner, once: d.once, poll: d.pollTimes})
	})
	if !d.once && ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // who is stopped before it began ends well all the same; of one pass something is missing
	}
	return err
}

// isNew says that the store will be made by this start.
func (a *app) isNew() bool {
	path := a.database()
	if path == "" {
		return true
	}
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// simulatedStore refuses to mix simulated and real data.
func simulatedStore(st store.Store) error {
	return you(exitForeign, "name another file with --store=sqlite:FILE; search, status and export may read this one", "%s holds simulated data of collector demo", st.Describe())
}

// greet says what runs, and what to do first where there is nothing to run.
func (d *daemon) greet(ctx context.Context, st store.Store, fresh bool) {
	why := d.conf.Disagreement("mode")
	if !d.textLogs() {
		log := d.logger()
		log.Info("started", "version", version, "store", st.Describe(), "mode", d.conf.Mode)
		if why != "" {
			log.Info(why)
		}
		return
	}
	if why != "" {
		d.say("%s", why)
	}
	kind := ""
	if fresh && d.database() != "" {
		kind = ", new"
	}
	describe := st.Describe()
	if n := len(describe); kind != "" && describe[n-1] == ')' {
		describe = describe[:n-1] + kind + ")"
	}
	d.say("collector %s   store: %s   mode: %s", version, describe, d.conf.Mode)
	networks, err := st.Networks(ctx, store.Filter{Limit: 1})
	if err == nil && len(networks) == 0 {
		d.say("No accounts yet. Next:\n%s", firstSteps)
	}
}

// pollTimes are the floor and ceiling of a service's polls.
func (a *app) pollTimes(service string) (floor, ceiling time.Duration) {
	s := a.conf.Services[service]
	return s.PollMin, s.PollMax
}

// collecting is how collect runs.
type collecting struct {
	owner     string
	once      bool
	poll      func(service string) (floor, ceiling time.Duration)
	transport http.RoundTripper                             // nil but in the demo
	shown     func(format string, args ...any)              // says how to get into the pages of the demo, terminal or not; nil: it has none
	hush      *queue.Hush                                   // whether it claims nothing, as was wished of it; made by collect
	hands     *hands                                        // what it has in hand beside networks; made by collect
	ready     func(*client)                                 // called before the loop starts; may be nil
	chores    func(*cluster.Config, func() *cluster.Member) // what the leader has done; nil: the daemon's
}

// collect runs the loops until ctx is done and everything is given back.
func (a *app) collect(ctx context.Context, st store.Store, how collecting) error {
	a.progress, a.watched, a.starts, a.past = newProgress(a), a.newWatching(how), metrics.NewStarts(a.now()), limit.NewPast(a.now)
	a.calls, how.hush, how.hands = new(metrics.Minute), new(queue.Hush), new(hands)
	a.traces = trace.New(trace.MostBytes, a.scrub)
	a.member = how.owner
	a.programs = new(atomic.Pointer[stomp.Server])
	cl, err := a.newClient(ctx, st, how.owner, how.transport)
	if err != nil {
		return err
	}
	defer cl.close(ctx, a.conf.Grace)
	unwatched, err := a.watched.start(ctx, st, cl.log)
	if err != nil {
		return err
	}
	defer unwatched()
	if how.ready != nil {
		how.ready(cl)
	}
	if how.transport == nil { // the demo's services share the process
		a.limitMemory(broking{})
	}
	ctx, drained := context.WithCancel(ctx)
	defer drained()
	ctx, unreachable, err := a.offerWeb(ctx, st, how, cl, cl.log)
	if err != nil {
		return err
	}
	defer unreachable()
	messages, ended, err := a.offerMessages(ctx, st, how, cl.log)
	if err != nil {
		return err
	}
	defer ended()
	if messages != nil {
		a.limitMemory(broking{open: true})
	}
	silent, err := a.offerStomp(ctx, how, messages, cl.log)
	if err != nil {
		return err
	}
	defer silent()
	running := func() int { return 0 }
	member, err := a.join(st, how, cl.log, func() int { return running() }, drained)
	if err != nil {
		return err
	}
	told, err := a.newTelling(st, how, member.Leads, cl.log)
	if err != nil {
		return err
	}
	shard, err := state.ParseShard(a.conf.Shard)
	if err != nil {
		return err // it was checked when it was read
	}
	run := scheduler.New(scheduler.Config{
		Modes: modes(a.conf.Config), Owner: how.owner, Lease: a.conf.Lease, Grace: a.conf.Grace,
		Workers: a.conf.Workers, Pages: runPages, Once: how.once,
		BackoffMin: a.conf.BackoffMin, BackoffMax: a.conf.BackoffMax, Poll: how.poll,
		Version: version, Archive: a.conf.Archive, Log: cl.log, Now: a.now, Room: a.room(st), Quiet: how.hush.On,
		Ended:  func(o executor.Outcome) { a.progress.ended(o); told.ran(o); a.watched.ended(o) },
		Traces: a.traces, Shard: shard, Duty: member.Duty, Left: member.Left, Stir: member.Stir(), Settled: cl.fetch.Settled,
	}, a.starts.Store(a.watched.store(st)), cl.ledger, a.claimed(), &executor.Executor{
		Store: a.watched.store(st), Do: a.watched.calls(cl.fetch.Do), Now: a.now, Pages: runPages, Version: version, Archive: a.conf.Archive,
	})
	running = run.Running
	a.watched.shows(run, member.Leads)
	member.start(ctx)
	defer member.close()
	published, err := a.publishing(ctx, st, messages, member.Leads, cl.log)
	if err != nil {
		return err
	}
	defer published()
	defer a.delivering(ctx, st, how, cl, member.Leads, cl.log)()
	kept, err := a.upkeeping(ctx, st, how, cl.log)
	if err != nil {
		return err
	}
	defer kept()
	defer told.start(ctx)()
	select { // what it has in hand is to be missed when it dies
	case <-member.Ready():
	case <-ctx.Done():
	}
	beat, err := a.heartbeat(ctx, st, beating{
		owner: how.owner, running: run.Running, turned: run.Turned, vitals: func() *store.Vitals { return a.vitals(st, run, how.hands) },
		quiet: how.hush.On, obey: a.obeying(how.hush, drained, cl.log), wrote: a.watched.wrote(told.wrote),
	}, cl.log)
	if err != nil {
		return err
	}
	var beside sync.WaitGroup
	stop := make(chan struct{})
	beside.Go(func() { beat(stop) })
	beside.Go(func() {
		a.newManager(cl.log).report(ctx, stop, run.Turned, func() string { return a.progress.status(run.Running()) })
	})
	beside.Go(func() { a.progress.show(ctx, st, run.Running, cl.log, stop) })
	err = run.Run(ctx)
	if how.once {
		member.settles(ctx, a.conf.Grace)
	}
	close(stop)
	beside.Wait()
	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if leave := st.Leave(leaving, how.owner); leave != nil {
		cl.log.Warn("leaving the list of instances", "err", leave)
	}
	if how.once && err == nil {
		if a.textLogs() {
			a.say("%s", a.progress.summary())
		} else {
			cl.log.Info(a.progress.summary())
		}
	}
	return err
}

// claimed are the services whose networks this instance reads.
func (a *app) claimed() []connectors.Connector {
	if len(a.conf.ClaimServices) == 0 {
		return a.offers
	}
	return slices.DeleteFunc(slices.Clone(a.offers), func(c connectors.Connector) bool {
		return !slices.Contains(a.conf.ClaimServices, c.Info().Name)
	})
}

func modes(c config.Config) []state.Mode {
	switch c.Mode {
	case "initial":
		return []state.Mode{state.Initial}
	case "normal":
		return []state.Mode{state.Normal}
	}
	return []state.Mode{state.Initial, state.Normal}
}

// preview is --dry-run: the first page of each network that is due.
func (d *daemon) preview(ctx context.Context, st store.Store) (err error) {
	cl, err := d.newClient(ctx, st, d.newOwner(), nil)
	if err != nil {
		return err
	}
	defer cl.close(ctx, d.conf.Grace)
	networks, err := st.Networks(ctx, store.Filter{})
	if err != nil {
		return err
	}
	var failed error
	shown := 0
	for _, n := range networks {
		conn, ok := d.offered(n.Service)
		if !ok || n.Paused || n.WakeAt.IsZero() || n.WakeAt.After(d.now()) {
			continue
		}
		shown++
		page, err := executor.Preview(ctx, cl.fetch.Do, conn, n)
		if err != nil {
			d.say("%s: %s", line(n.Name()), line(problemOf(err).reason))
			failed = err
			continue
		}
		d.printf("%s: %s", line(n.Name()), many(len(page.Items), "item", "items"))
		if page.Total > 0 {
			d.printf(" of %s", count(page.Total))
		}
		d.printf("\n")
		for _, it := range page.Items {
			d.printf("  %s\n    %s\n", short(line(firstOf(it.Title, it.Text, it.ID)), 100), line(it.URL))
		}
	}
	d.say("dry run: %s read, nothing was stored", many(shown, "network that is due was", "networks that are due were"))
	return failed
}

func firstOf(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}
