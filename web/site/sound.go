package site

import (
	"bytes"
	"context"
	"net/http"
	"sync"
	"time"

	"collector/control"
	"collector/grant"
	"collector/sonify"
	"collector/store"
	"collector/web"
)

const (
	cushion   = 1500 * time.Millisecond // of sound is sent at once, so that the player never waits
	soundLag  = lookEvery + cushion + 500*time.Millisecond
	runsEvery = 5 * time.Second // how often the runs are looked at, and whether who listens may
)

// sounding answers what happens as sound, as it happens.
func (s *site) sounding() []route {
	return []route{{"GET /stream.wav", grant.Read, (*visit).sound}}
}

// listening is one live sound. A change of the log sounds soundLag after its time, by when
// the hub has told of it, so that the sound keeps the rhythm of the work and not that of the
// looks; runs, which are looked at less often, as long after they were found.
type listening struct {
	*liveStream
	began time.Time     // by the clock that nobody sets
	sent  time.Duration // of sound

	mu   sync.Mutex // of play, whose events come from the hub and from the runs
	play *sonify.Renderer
	pcm  bytes.Buffer // what play has rendered and nobody has got yet
	from time.Time    // what the first step tells of

	runs map[string]lastRun // by network, at the last look
}

// lastRun is what was known of a network.
type lastRun struct {
	at    time.Time // of the last run
	needs bool      // a person
}

func (v *visit) sound() error {
	if v.r.Method == http.MethodHead {
		soundHead(v.w.Header())
		return nil
	}
	ctx, end := context.WithCancel(v.ctx())
	defer end()
	v.r = v.r.WithContext(ctx)
	l := &listening{liveStream: &liveStream{v, http.NewResponseController(v.w), grant.Read}, began: time.Now(), from: v.now.Add(-soundLag)}
	var err error
	if l.play, err = sonify.NewRenderer(&l.pcm, l.from, sonify.Step); err != nil {
		return err
	}
	w := &watcher{user: v.whose(), wants: control.WantedChanges("", ""), hears: l.hear, changed: make(chan struct{}, 1)}
	if err := v.hub.join(ctx, w); err != nil {
		return err
	}
	defer v.hub.leave(w)
	if err := l.lookAtRuns(); err != nil {
		return err
	}
	var mind sync.WaitGroup
	defer mind.Wait()
	defer end()
	mind.Go(func() {
		defer end()
		l.mind()
	})
	soundHead(v.w.Header())
	v.w.WriteHeader(http.StatusOK)
	var head bytes.Buffer
	if err := sonify.WriteLiveHeader(&head); err != nil {
		return err
	}
	if l.send(head.String()) {
		l.follow(w)
	}
	return nil
}

func soundHead(h http.Header) {
	h.Set("Content-Type", "audio/wav")
	h.Set("Accept-Ranges", "none") // the past is not kept
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy is not to gather it
}

// follow plays until the stream ends: who listens goes, is not signed in any more or takes
// the sound too late, or the server stops.
func (l *listening) follow(w *watcher) {
	tick := time.NewTicker(sonify.Step)
	defer tick.Stop()
	for l.goOn() {
		select {
		case <-l.ctx().Done():
			return
		case <-web.Stopping(l.ctx()):
			return
		case <-tick.C:
		}
		select {
		case <-w.changed: // more was written than is told one by one
			l.expect(sonify.Event{Kind: sonify.Load, Count: mostBehind})
		default:
		}
	}
}

// goOn renders and sends what is due, or says that it is so late that the sound ends: it
// is not kept for who does not take it.
func (l *listening) goOn() bool {
	due := (time.Since(l.began) + cushion).Truncate(sonify.Step)
	if due-l.sent > writeFor {
		return false
	}
	l.mu.Lock()
	err := l.play.Advance(l.from.Add(due))
	l.mu.Unlock()
	if err != nil {
		web.Note(l.ctx(), err)
		return false
	}
	l.sent = due
	defer l.pcm.Reset()
	return l.send(string(sonify.Mono(l.pcm.Bytes())))
}

// hear takes a change from the hub.
func (l *listening) hear(ch store.Change) {
	for _, e := range control.Heard(ch) {
		l.expect(e)
	}
}

func (l *listening) expect(e sonify.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.play.Expect(e); err != nil {
		l.Log.Error("an event cannot be heard", "err", err)
	}
}

// mind looks at the runs, until the stream ends or who listens is not let in any more. It is
// apart from the sound, which a slow store must not hold up.
func (l *listening) mind() {
	tick := time.NewTicker(runsEvery)
	defer tick.Stop()
	for silent := false; ; {
		select {
		case <-l.ctx().Done():
			return
		case <-tick.C:
		}
		if !l.stillMay() {
			return
		}
		err := l.lookAtRuns()
		if err != nil && !silent && l.ctx().Err() == nil {
			l.Log.Warn("the runs cannot be read for who listens: it is tried again", "err", err)
		}
		silent = err != nil
	}
}

// lookAtRuns hears what the runs since the last look came to, and which networks need a
// person since; at the first look, which do. Like the page, it passes over more than control.ActivityRuns.
func (l *listening) lookAtRuns() error {
	own, err := l.Panel.Store.Networks(l.ctx(), store.Filter{User: l.whose(), Limit: control.ActivityRuns + 1})
	if err != nil {
		return err
	}
	if len(own) > control.ActivityRuns {
		own = nil
	}
	found, first, now := l.Now(), l.runs == nil, make(map[string]lastRun, len(own))
	for _, n := range own {
		was, known := l.runs[n.ID]
		if !known {
			was.at = l.now // of a network that came since, its runs since
		}
		is := lastRun{was.at, control.NeedsYou(n)}
		if first {
			is.at = time.Time{}
		}
		for _, r := range n.Runs {
			if !first && r.At.After(was.at) {
				e := control.HeardRun(n.Service, r)
				e.At = found
				l.expect(e)
			}
			if r.At.After(is.at) {
				is.at = r.At
			}
		}
		if is.needs && !was.needs {
			l.expect(sonify.Event{At: found, Kind: sonify.Call, Service: n.Service, Count: 1})
		}
		now[n.ID] = is
	}
	l.runs = now
	return nil
}
