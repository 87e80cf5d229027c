package queuetest

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"collector/queue"
)

var adds = []promise{
	{"AddedAsGiven", addedAsGiven},
	{"AnIDIsUnique", uniqueID},
	{"AnIDIsFreeOnceItsJobIsDone", freeOnceDone},
	{"AnIDStaysTakenWhileADoneJobIsKept", takenWhileKept},
	{"OneBadJobAddsNone", oneBadJob},
	{"EndedContextChangesNothing", endedContext},
	{"GreatData", greatData},
}

func addedAsGiven(k *kit) {
	given := queue.Job{
		ID: "ä/1 '\"$.", Queue: "mail/out", Kind: "send.mail", Data: []byte{0, 1, 0xff, '\n'}, Priority: -7,
		Due: at(time.Hour + 3*ms + 999*time.Microsecond), MaxAttempts: 3, Keep: time.Minute,
	}
	k.add(at(0), given)
	want, err := queue.Prepare(given, at(0))
	k.must(err)
	same(k, "what was added", k.look(given.ID), want)
	if want.State != queue.Scheduled || !want.Due.Equal(at(time.Hour+3*ms)) || !want.Added.Equal(at(0)) {
		k.Errorf("prepared as %+v", want)
	}
	for _, id := range []string{"a\x00b", "<a href='x'>&\"\\", "\u2028\ufffd", " "} { // ended as they are, too
		k.add(at(0), job(id))
		k.done(at(0), k.one(at(0)))
		k.gone(id)
	}
	k.add(at(0), queue.Job{Kind: "work"}, queue.Job{Kind: "work"})
	got := k.claim(asking(5, at(0)))
	if len(got) != 2 || got[0].ID >= got[1].ID || got[0].Queue != queue.DefaultQueue || len(got[0].Data) != 0 {
		k.Errorf("jobs without anything became %+v", got)
	}
}

func uniqueID(k *kit) {
	added, err := k.s.Add(k.ctx, at(0), "", []queue.Job{job("a"), with(job("a"), func(j *queue.Job) { j.Priority = 5 }), job("b")})
	k.must(err)
	same(k, "added", added, []bool{true, false, true})
	added, err = k.s.Add(k.ctx, at(ms), "", []queue.Job{with(job("b"), func(j *queue.Job) { j.Kind = "other" }), job("c")})
	k.must(err)
	same(k, "added", added, []bool{false, true})
	if b := k.look("b"); b.Kind != "work" || !b.Added.Equal(at(0)) {
		k.Errorf("the job that was there became %+v", b)
	}
	// Whatever state it is in.
	a := k.one(at(ms))
	for range 2 {
		added, err = k.s.Add(k.ctx, at(ms), "", []queue.Job{job("a")})
		k.must(err)
		same(k, "added while it is there", added, []bool{false})
		k.finish(at(ms), queue.Outcome{Ref: a.Ref(), Verb: queue.Bury, Error: "no"})
	}
	same(k, "its state", k.look("a").State, queue.Dead)
}

func freeOnceDone(k *kit) {
	k.add(at(0), job("a"))
	k.done(at(ms), k.one(at(0)))
	k.gone("a")
	k.add(at(ms), job("a"))
	if a := k.one(at(ms)); a.Attempts != 1 || a.Deliveries != 1 || a.Redelivered() {
		k.Errorf("the new job has a past: %+v", a)
	}
}

func takenWhileKept(k *kit) {
	k.add(at(0), with(job("a"), func(j *queue.Job) { j.Keep = time.Second }))
	k.done(at(ms), k.one(at(0)))
	kept := k.look("a")
	if kept.State != queue.Done || !kept.Finished.Equal(at(ms)) || kept.Owner != "" || kept.Token != "" || !kept.LeaseUntil.IsZero() {
		k.Errorf("the job that is kept: %+v", kept)
	}
	added, err := k.s.Add(k.ctx, at(time.Second), "", []queue.Job{job("a")})
	k.must(err)
	same(k, "added one millisecond too early", added, []bool{false})
	k.none(at(time.Second))
	k.add(at(time.Second+ms), job("a"), job("b"))
	same(k, "the new one", k.look("a").State, queue.Ready)
	same(k, "claimed", names(k.claim(asking(9, at(time.Second+ms)))), []string{"a", "b"})
	if s := k.stats(queue.DefaultQueue); s.Done != 0 || s.Running != 2 || s.Added != 3 {
		k.Errorf("counts %+v", s)
	}
}

func oneBadJob(k *kit) {
	long := strings.Repeat("x", queue.MaxName+1)
	for what, bad := range map[string]struct { // what stands in the error
		queue.Job
		text string
	}{
		"no kind":             {queue.Job{ID: "bad"}, "no kind"},
		"a long id":           {queue.Job{ID: long, Kind: "work"}, "its id has 256 bytes"},
		"a long kind":         {queue.Job{ID: "bad", Kind: long}, "its kind has 256 bytes"},
		"a long queue":        {queue.Job{ID: "bad", Kind: "work", Queue: long}, "its queue has 256 bytes"},
		"an id without sense": {queue.Job{ID: "a\xff", Kind: "work"}, "its id is not UTF-8"},
		"too much data":       {queue.Job{ID: "bad", Kind: "work", Data: make([]byte, queue.MaxData+1)}, "its data has"},
		"a great priority":    {queue.Job{ID: "bad", Kind: "work", Priority: 1 << 31}, "priority 2147483648"},
		"minus one attempt":   {queue.Job{ID: "bad", Kind: "work", MaxAttempts: -1}, "-1 attempts"},
		"kept for minus":      {queue.Job{ID: "bad", Kind: "work", Keep: -ms}, "kept for -1ms"},
	} {
		added, err := k.s.Add(k.ctx, at(0), "", []queue.Job{job("good"), bad.Job})
		if !errors.Is(err, queue.ErrInvalid) || len(added) != 0 || !strings.Contains(err.Error(), bad.text) {
			k.Errorf("a job with %s: %v, %v; want ErrInvalid with %q", what, added, err, bad.text)
		}
		k.gone("good")
	}
	added, err := k.s.Add(k.ctx, at(0), "", nil)
	if err != nil || len(added) != 0 {
		k.Errorf("no jobs at all: %v, %v", added, err)
	}
}

func endedContext(k *kit) {
	k.add(at(0), job("a"), job("b"))
	a := k.one(at(0))
	ctx, cancel := context.WithCancel(k.ctx)
	cancel()
	for what, call := range map[string]func() error{
		"Add":   func() error { _, err := k.s.Add(ctx, at(0), "", []queue.Job{job("c")}); return err },
		"Claim": func() error { _, err := k.s.Claim(ctx, asking(1, at(0))); return err },
		"Finish": func() error {
			_, err := k.s.Finish(ctx, at(0), []queue.Outcome{{Ref: a.Ref(), Verb: queue.Complete}})
			return err
		},
		"Renew":   func() error { _, err := k.s.Renew(ctx, []queue.Ref{a.Ref()}, at(time.Hour)); return err },
		"Rescue":  func() error { _, err := k.s.Rescue(ctx, at(time.Hour), 10); return err },
		"NextDue": func() error { _, err := k.s.NextDue(ctx, []string{queue.DefaultQueue}); return err },
		"Job":     func() error { _, err := k.s.Job(ctx, "a"); return err },
		"Jobs":    func() error { _, _, err := k.s.Jobs(ctx, queue.Filter{}, queue.Page{}); return err },
		"Requeue": func() error { _, err := k.s.Requeue(ctx, at(0), time.Time{}, queue.Filter{}, 10); return err },
		"Remove":  func() error { _, err := k.s.Remove(ctx, queue.Filter{}, 10); return err },
		"Pause":   func() error { return k.s.Pause(ctx, queue.DefaultQueue, true) },
		"Stats":   func() error { _, err := k.s.Stats(ctx); return err },
		"Watch":   func() error { return k.s.Watch(ctx, func(string) {}) },
	} {
		if err := call(); !errors.Is(err, context.Canceled) {
			k.Errorf("%s after the context ended: %v", what, err)
		}
	}
	k.gone("c")
	if now := k.look("a"); now.State != queue.Running || now.Token != a.Token || !now.LeaseUntil.Equal(a.LeaseUntil) {
		k.Errorf("the job that runs became %+v", now)
	}
	same(k, "what is left", names(k.claim(asking(9, at(0)))), []string{"b"})
}

func greatData(k *kit) {
	data := bytes.Repeat([]byte("0123456789abcde\n"), 1<<16) // 1 MiB
	k.add(at(0), with(job("a"), func(j *queue.Job) { j.Data = data }))
	if got := k.one(at(0)).Data; !bytes.Equal(got, data) {
		k.Errorf("%d bytes came back of %d", len(got), len(data))
	}
}
