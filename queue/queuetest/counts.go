package queuetest

import (
	"time"

	"collector/queue"
)

var counts = []promise{
	{"CountsFollowEachChange", countsFollow},
	{"CountsAreOfEachQueue", countsOfEach},
}

func countsFollow(k *kit) {
	add := func(j queue.Job) {
		k.Helper()
		_, err := k.s.Add(k.ctx, at(0), "", []queue.Job{j})
		k.must(err)
	}
	want := queue.Stats{Queue: queue.DefaultQueue}
	check := func(what string) {
		k.Helper()
		same(k, what, k.stats(queue.DefaultQueue), want)
	}
	check("at first")
	add(job("a"))
	add(job("a"))
	add(with(job("b"), func(j *queue.Job) { j.Keep = time.Minute }))
	add(with(job("c"), func(j *queue.Job) { j.Due = at(time.Second) }))
	want.Ready, want.Scheduled, want.Added = 2, 1, 3
	check("added")
	got := k.claim(asking(5, at(time.Second)))
	want.Ready, want.Scheduled, want.Running = 0, 0, 3
	check("claimed")
	k.done(at(0), got[0])
	k.done(at(0), got[1])
	want.Running, want.Done, want.Completed = 1, 1, 2
	check("completed, one kept")
	k.finish(at(0), queue.Outcome{Ref: got[2].Ref(), Verb: queue.Retry, Due: at(time.Second)})
	want.Running, want.Scheduled, want.Retried = 0, 1, 1
	check("retried")
	c := k.one(at(time.Second))
	k.finish(at(0), queue.Outcome{Ref: c.Ref(), Verb: queue.Snooze, Due: at(time.Second)})
	check("snoozed")
	k.finish(at(0), queue.Outcome{Ref: k.one(at(time.Second)).Ref(), Verb: queue.Bury})
	want.Scheduled, want.Dead, want.Buried = 0, 1, 1
	check("buried")
	_, err := k.s.Requeue(k.ctx, at(time.Second), time.Time{}, queue.Filter{}, 10)
	k.must(err)
	want.Dead, want.Ready, want.Requeued = 0, 1, 1
	check("re-queued")
	k.one(at(time.Second))
	k.rescue(at(time.Hour), 10)
	want.Done, want.Rescued = 0, 1
	check("rescued, and what was kept is gone")
	k.must(k.s.Pause(k.ctx, queue.DefaultQueue, true))
	want.Paused = true
	check("paused")
	_, err = k.s.Remove(k.ctx, queue.Filter{}, 10)
	k.must(err)
	want.Ready = 0
	check("removed")
}

func countsOfEach(k *kit) {
	k.add(at(0), queue.Job{ID: "1", Kind: "work", Queue: "z"}, queue.Job{ID: "2", Kind: "work", Queue: "a"}, queue.Job{ID: "3", Kind: "work", Queue: "z"})
	k.must(k.s.Pause(k.ctx, "m", true))
	got, err := k.s.Stats(k.ctx)
	k.must(err)
	same(k, "counts", got, []queue.Stats{
		{Queue: "a", Ready: 1, Added: 1}, {Queue: "m", Paused: true}, {Queue: "z", Ready: 2, Added: 2},
	})
	for _, want := range got {
		k.counted(k.Other, want.Queue, func(s queue.Stats) bool { return s == want })
	}
	some, err := k.s.Stats(k.ctx, "z", "m", "none", "z")
	k.must(err)
	same(k, "counts of those named", some, got[1:])
	some, err = k.s.Stats(k.ctx, "none")
	k.must(err)
	same(k, "counts of one that is not there", some, nil)
}
