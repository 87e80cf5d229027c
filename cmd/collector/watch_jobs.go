package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"sync"

	"collector/queue"
	"collector/store"
	"collector/store/mongo"
)

// watchedJobs reads the counts of jobs and messages for the metrics. What is there is
// opened when it is first asked for; no file is made, and in MongoDB empty collections.
type watchedJobs struct {
	a   *app
	st  store.Store
	log *slog.Logger

	mu       sync.Mutex // metrics ask one after another, but jobs and topics at once
	opened   map[string]queue.Store
	messages *messages
	ends     []func() error
}

// there says whether a file beside the store is, or the store is one that has none.
func (w *watchedJobs) there(beside string) bool {
	path := w.a.database()
	if path == "" {
		_, shared := w.st.(*mongo.Store)
		return shared
	}
	_, err := os.Stat(path + beside)
	return !errors.Is(err, fs.ErrNotExist)
}

// open opens what is there and is not open yet.
func (w *watchedJobs) open(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.opened == nil {
		w.opened = map[string]queue.Store{}
	}
	for name, of := range map[string]ownJobs{"upkeep": upkeepJobs(), "webhooks": waitingCalls()} {
		if w.opened[name] != nil || !w.there(of.beside) {
			continue
		}
		jobs, end, err := w.a.openJobs(ctx, w.st, of, true)
		if err != nil {
			return err
		}
		w.opened[name], w.ends = jobs, append(w.ends, end)
	}
	if used := w.a.conf.Publish.Publish || w.a.conf.Offered(); used && w.messages == nil && w.there(besideMessages) {
		m, err := w.a.messageStores(ctx, w.st, true)
		if err != nil {
			return err
		}
		w.messages, w.opened["messages"], w.ends = &m, m.jobs, append(w.ends, m.close)
	}
	return nil
}

// jobs are the counts of all queues.
func (w *watchedJobs) jobs(ctx context.Context) (map[string][]queue.Stats, error) {
	if err := w.open(ctx); err != nil {
		return nil, err
	}
	out := map[string][]queue.Stats{}
	w.mu.Lock()
	opened := maps.Clone(w.opened)
	w.mu.Unlock()
	for name, jobs := range opened {
		stats, err := jobs.Stats(ctx)
		if err != nil {
			return nil, err
		}
		out[name] = stats
	}
	return out, nil
}

// topics are the bounds of the log of messages.
func (w *watchedJobs) topics(ctx context.Context) (oldest, next int64, kept bool, err error) {
	if err := w.open(ctx); err != nil {
		return 0, 0, false, err
	}
	w.mu.Lock()
	m := w.messages
	w.mu.Unlock()
	if m == nil {
		return 0, 0, false, nil
	}
	oldest, next, err = m.topics.Bounds(ctx)
	return oldest, next, true, err
}

func (w *watchedJobs) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, end := range w.ends {
		if err := end(); err != nil {
			w.log.Warn("closing what the metrics read", "err", err)
		}
	}
}
