package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/netutil"

	"collector/control"
	"collector/executor"
	"collector/grant"
	"collector/limit"
	"collector/metrics"
	"collector/scheduler"
	"collector/state"
	"collector/store"
	"collector/web"
)

// watching is what tells others how the daemon fares: metrics, and whether it lives and is
// ready. A nil one tells nobody and costs nothing: what it wraps stays as it is.
type watching struct {
	a        *app
	m        *metrics.Metrics
	now      func() time.Time                 // the store's; that of a is another one after the store
	turned   atomic.Pointer[func() time.Time] // of the scheduler; nil: it is not there yet
	stopping func() bool
	figures  http.Handler // one for all addresses, as ready is: what bounds the asking counts all who ask
	ready    *metrics.Readiness
}

// watchers is how many connections may be open at once.
const watchers = 256

// newWatching returns nil where nothing is configured and nothing listened on. A daemon that
// makes one pass tells nobody, nor does a demo without pages.
func (a *app) newWatching(how collecting) *watching {
	c := a.conf.Metrics
	if how.once || how.transport != nil && how.shown == nil || c.MetricsListen == "" && c.Graphite == "" && a.conf.Listen == web.Off {
		return nil
	}
	return &watching{a: a, now: a.now, m: metrics.New(metrics.Config{Services: a.infos(), Version: version, Now: a.now})}
}

// start tells until the function that it returns is called.
func (w *watching) start(ctx context.Context, st store.Store, log *slog.Logger) (end func(), err error) {
	if w == nil {
		return func() {}, nil
	}
	c := w.a.conf.Metrics
	w.stopping = func() bool { return ctx.Err() != nil }
	w.figures = w.m.Handler()
	w.ready = metrics.Ready(w.now,
		metrics.Check{Name: "running", Is: func(context.Context) error { return w.works() }},
		metrics.Check{Name: "store", Is: func(ctx context.Context) error { return answers(ctx, st) }},
		metrics.Check{Name: "leases", Is: func(context.Context) error { return w.m.Renewable(beatLife) }},
	)
	var ln net.Listener
	if c.MetricsListen != "" {
		if ln, err = net.Listen("tcp", c.MetricsListen); err != nil {
			return nil, you(exitConfig, "name another address in COLLECTOR_METRICS_LISTEN, or end the program that has this one", "listening for those who watch: %w", err)
		}
	}
	inside, stop := context.WithCancel(context.WithoutCancel(ctx))
	kept := &watchedJobs{a: w.a, st: st, log: log}
	w.m.From(inside, metrics.Source{
		Tally: st.Tally, Beats: st.Beats, LastChange: st.LastChange, Jobs: kept.jobs, Topics: kept.topics, Life: beatLife,
	})
	var work sync.WaitGroup
	if ln != nil {
		log.Info("metrics, health and readiness are told", "address", ln.Addr().String())
		work.Go(func() { w.serve(inside, ln, log) })
	}
	if c.Graphite != "" {
		prefix := strings.NewReplacer("{host}", graphiteWord(w.a.host), "{mode}", w.a.conf.Mode).Replace(c.GraphitePrefix)
		log.Info("metrics are sent to Graphite", "address", c.Graphite, "prefix", prefix, "every", c.GraphiteInterval)
		work.Go(func() {
			w.m.Push(inside, metrics.Graphite{Address: c.Graphite, Prefix: prefix, Every: c.GraphiteInterval, Log: log})
		})
	}
	return func() {
		stop()
		work.Wait()
		w.m.Close()
		kept.close()
	}, nil
}

// graphiteWord is a name as one part of a path in Graphite.
func graphiteWord(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '_'
	}, name)
}

// answers says whether the store does. One that a move has filled by half is not ready;
// migrations are done before a store is open.
func answers(ctx context.Context, st store.Store) error {
	moving, err := st.Meta(ctx, store.MetaMoving)
	switch {
	case err != nil:
		return errors.New("it does not answer")
	case moving != "":
		return errors.New("it is being moved")
	}
	return nil
}

// handler answers whoever watches.
func (w *watching) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/metrics", w.figures)
	mux.Handle("/healthz", metrics.Live(w.lives))
	mux.Handle("/readyz", w.ready)
	return mux
}

// offer has the address of the pages answer whoever watches: anybody whether it lives and is
// ready, in one word, and the figures to who may see them.
func (w *watching) offer(mux *http.ServeMux, identify web.Identify) {
	if w == nil {
		return
	}
	mux.Handle("/metrics", web.Known(identify, figuresOnly(w.figures)))
	mux.Handle("/healthz", web.Telling(metrics.Live(w.lives)))
	mux.Handle("/readyz", web.Telling(w.ready.Brief()))
}

// figuresOnly lets those pass who have the scope for the figures of the installation.
func figuresOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if who, _ := grant.From(r.Context()); !who.May(grant.Metrics) {
			web.WriteProblem(w, r, web.ProblemOf(&control.Problem{
				Kind: control.Forbidden, Whose: "you", Reason: "you may not see the figures of the installation",
				Next: "ask for a token with the scope metrics: collector tokens add NAME --all-users --scopes metrics",
			}))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// lives is nil unless the scheduler's loop hangs: what restarting mends.
func (w *watching) lives() error {
	turned := w.turned.Load()
	if turned == nil || w.stopping() {
		return nil
	}
	if last := (*turned)(); !last.IsZero() && w.now().Sub(last) > hungAfter {
		return errors.New("the scheduler's loop hangs")
	}
	return nil
}

// works is nil while the daemon collects.
func (w *watching) works() error {
	switch turned := w.turned.Load(); {
	case w.stopping():
		return errors.New("it is stopping")
	case turned == nil || (*turned)().IsZero():
		return errors.New("it is starting")
	}
	return w.lives()
}

func (w *watching) serve(ctx context.Context, ln net.Listener, log *slog.Logger) {
	s := &http.Server{
		Handler: w.handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	closed := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer closed()
	if err := s.Serve(netutil.LimitListener(ln, watchers)); err != nil && !errors.Is(err, http.ErrServerClosed) {
		log.Error("metrics are told no more", "err", err)
	}
}

// store counts what goes through the store of the scheduler and the executor.
func (w *watching) store(st state.Store) state.Store {
	if w == nil {
		return st
	}
	return w.m.Store(st)
}

// calls counts the calls to services.
func (w *watching) calls(do metrics.Do) metrics.Do {
	if w == nil {
		return do
	}
	return w.m.Calls(do)
}

// posts counts the calls of webhooks.
func (w *watching) posts(post metrics.Post) metrics.Post {
	if w == nil {
		return post
	}
	return w.m.Posts(post)
}

// quotas counts what is spent of quotas.
func (w *watching) quotas(st limit.Store) limit.Store {
	if w == nil {
		return st
	}
	return w.m.Quotas(st)
}

// ended counts a run.
func (w *watching) ended(o executor.Outcome) {
	if w != nil {
		w.m.Ended(o)
	}
}

// shows has the metrics tell of the scheduler.
func (w *watching) shows(run *scheduler.Scheduler, leads func() bool) {
	if w == nil {
		return
	}
	turned := run.Turned
	w.turned.Store(&turned)
	w.m.Show(metrics.Instance{Workers: w.a.conf.Workers, Running: run.Running, Turned: run.Turned, Leads: leads})
}

// wrote takes notice of heartbeats before next does. The first one is written before the
// daemon works, or it ends.
func (w *watching) wrote(next func(error)) func(error) {
	if w == nil {
		return next
	}
	w.m.Beat(nil)
	return func(err error) {
		w.m.Beat(err)
		next(err)
	}
}
