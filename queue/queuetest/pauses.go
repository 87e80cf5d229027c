package queuetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"collector/queue"
)

var pauses = []promise{
	{"APausedQueueGivesNothing", paused},
	{"OtherConnectionsSeeAPause", pausedElsewhere},
}

func paused(k *kit) {
	k.add(at(0), job("a"), job("b"), queue.Job{ID: "c", Kind: "work", Queue: "other"})
	a := k.one(at(0))
	for range 2 {
		k.must(k.s.Pause(k.ctx, queue.DefaultQueue, true))
	}
	k.none(at(0))
	k.add(at(0), with(job("urgent"), func(j *queue.Job) { j.Priority = 9 }))
	k.none(at(time.Hour))
	c := asking(9, at(0))
	c.Queue = "other"
	same(k, "the other queue", names(k.claim(c)), []string{"c"})
	stood, err := k.s.Renew(k.ctx, []queue.Ref{a.Ref()}, at(time.Hour))
	k.must(err)
	same(k, "renewed", stood, []bool{true})
	k.done(at(0), a)
	for range 2 {
		k.must(k.s.Pause(k.ctx, queue.DefaultQueue, false))
	}
	same(k, "afterwards", names(k.claim(asking(9, at(0)))), []string{"urgent", "b"})
	for _, bad := range []string{"", strings.Repeat("x", queue.MaxName+1)} {
		if err := k.s.Pause(k.ctx, bad, true); err == nil {
			k.Errorf("a queue with a name of %d bytes was paused", len(bad))
		}
	}
}

func pausedElsewhere(k *kit) {
	k.add(at(0), job("a"))
	k.must(k.Other.Pause(k.ctx, queue.DefaultQueue, true))
	k.none(at(0))
	k.must(k.Other.Pause(k.ctx, queue.DefaultQueue, false))
	k.one(at(0))
}

var watches = []promise{
	{"WhatCanBeClaimedWakes", wakes},
	{"SeveralAreWoken", severalWoken},
}

// watching collects what a watcher is told.
type watching struct {
	*kit
	mu   sync.Mutex
	told map[string]int
	any  chan struct{}
	ends func() error
}

func (k *kit) watch(s queue.Store) *watching {
	k.Helper()
	w := &watching{kit: k, told: map[string]int{}, any: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(k.ctx)
	done := make(chan error, 1)
	go func() {
		done <- s.Watch(ctx, func(name string) {
			w.mu.Lock()
			w.told[name]++
			w.mu.Unlock()
			select {
			case w.any <- struct{}{}:
			default:
			}
		})
	}()
	w.ends = sync.OnceValue(func() error { cancel(); return <-done })
	k.Cleanup(func() { w.ends() })
	// It watches once it is told of something.
	k.must(k.s.Pause(k.ctx, "begin", true))
	patience, again := time.NewTimer(time.Minute), time.NewTicker(5*ms)
	defer patience.Stop()
	defer again.Stop()
	for {
		k.must(k.s.Pause(k.ctx, "begin", false))
		select {
		case <-w.any:
			return w
		case <-again.C:
		case <-patience.C:
			k.Fatal("the watcher is told of nothing")
		}
	}
}

// wake wants do to wake the watcher of a queue.
func (w *watching) wake(what, name string, do func()) {
	w.Helper()
	w.mu.Lock()
	before := w.told[name] + w.told[""]
	w.mu.Unlock()
	do()
	patience := time.NewTimer(time.Minute)
	defer patience.Stop()
	for {
		w.mu.Lock()
		now := w.told[name] + w.told[""]
		w.mu.Unlock()
		if now > before {
			return
		}
		select {
		case <-w.any:
		case <-patience.C:
			w.Fatalf("%s woke nobody", what)
		}
	}
}

func wakes(k *kit) {
	w := k.watch(k.s)
	name := queue.DefaultQueue
	var a queue.Job
	outcome := func(verb queue.Verb) func() {
		return func() { k.finish(at(0), queue.Outcome{Ref: k.one(at(0)).Ref(), Verb: verb, Due: at(0)}) }
	}
	w.wake("a new job", name, func() { k.add(at(0), job("a")) })
	w.wake("one for later", name, func() { k.add(at(0), with(job("b"), func(j *queue.Job) { j.Due = at(time.Hour) })) })
	w.wake("one in another queue", "other", func() { k.add(at(0), queue.Job{Queue: "other", Kind: "work"}) })
	w.wake("a retry", name, outcome(queue.Retry))
	w.wake("a snooze", name, outcome(queue.Snooze))
	w.wake("a release", name, outcome(queue.Release))
	w.wake("a rescue", name, func() { a = k.one(at(0)); k.rescue(at(time.Minute), 1) })
	k.must(k.s.Pause(k.ctx, name, true))
	w.wake("the end of a pause", name, func() { k.must(k.s.Pause(k.ctx, name, false)) })
	a = k.one(at(time.Minute))
	k.finish(at(0), queue.Outcome{Ref: a.Ref(), Verb: queue.Bury})
	w.wake("a re-queued job", name, func() {
		_, err := k.s.Requeue(k.ctx, at(0), time.Time{}, queue.Filter{ID: "a"}, 1)
		k.must(err)
	})
	if err := w.ends(); !errors.Is(err, context.Canceled) {
		k.Errorf("the watch ended with %v", err)
	}
}

func severalWoken(k *kit) {
	one, two := k.watch(k.s), k.watch(k.s)
	one.wake("a new job", queue.DefaultQueue, func() {
		two.wake("a new job", queue.DefaultQueue, func() { k.add(at(0), job("a")) })
	})
	if err := two.ends(); !errors.Is(err, context.Canceled) {
		k.Errorf("the watch ended with %v", err)
	}
	one.wake("a job after one left", queue.DefaultQueue, func() { k.add(at(0), job("b")) })
}
