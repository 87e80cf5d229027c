package queuetest

import (
	"strings"
	"time"
	"unicode/utf8"

	"collector/queue"
)

var finishes = []promise{
	{"DoneOnce", doneOnce},
	{"UnknownClaimsChangeNothing", unknownClaims},
	{"LateOutcomeChangesNothing", lateOutcome},
	{"ARetryWaits", retryWaits},
	{"ASnoozeDoesNotCount", snooze},
	{"WhatWasNotStartedIsGivenBack", release},
	{"TheDeadAreKept", buried},
	{"ABatchIsOneByOne", batch},
	{"UnknownVerb", unknownVerb},
	{"LongErrorsAreCut", longErrors},
	{"ErrorsOfAnyBytes", anyErrors},
}

func doneOnce(k *kit) {
	k.add(at(0), job("a"))
	a := k.one(at(0))
	o := queue.Outcome{Ref: a.Ref(), Verb: queue.Complete}
	stood, err := k.s.Finish(k.ctx, at(ms), []queue.Outcome{o, o})
	k.must(err)
	same(k, "twice in one call", stood, []bool{true, false})
	if k.finish(at(ms), o) {
		k.Error("a second acknowledgement was taken")
	}
	k.gone("a")
	if s := k.stats(queue.DefaultQueue); s.Completed != 1 || s.Running != 0 {
		k.Errorf("counts %+v", s)
	}
}

func unknownClaims(k *kit) {
	k.add(at(0), job("a"), job("b"))
	a := k.one(at(0))
	for _, verb := range []queue.Verb{queue.Complete, queue.Retry, queue.Bury, queue.Snooze, queue.Release} {
		for what, r := range map[string]queue.Ref{
			"an unknown id":       {ID: "x", Token: a.Token},
			"another token":       {ID: "a", Token: "x"},
			"no token":            {ID: "a"},
			"a job nobody claims": {ID: "b"},
			"nothing":             {},
		} {
			if k.finish(at(ms), queue.Outcome{Ref: r, Verb: verb, Due: at(0)}) {
				k.Errorf("%s by %s was taken", verb, what)
			}
		}
	}
	same(k, "the job", k.look("a"), a)
	same(k, "the other one", k.look("b").State, queue.Ready)
}

// lateOutcome is that of an owner whose job was given to somebody else.
func lateOutcome(k *kit) {
	k.add(at(0), job("a"))
	old := k.one(at(0))
	_, err := k.s.Rescue(k.ctx, at(time.Minute), 10)
	k.must(err)
	for _, verb := range []queue.Verb{queue.Complete, queue.Retry, queue.Bury, queue.Snooze, queue.Release} {
		if k.finish(at(time.Minute), queue.Outcome{Ref: old.Ref(), Verb: verb, Due: at(0)}) {
			k.Errorf("%s was taken after the rescue", verb)
		}
	}
	now := k.one(at(time.Minute))
	for _, verb := range []queue.Verb{queue.Complete, queue.Retry, queue.Bury, queue.Snooze, queue.Release} {
		if k.finish(at(time.Minute), queue.Outcome{Ref: old.Ref(), Verb: verb, Due: at(0)}) {
			k.Errorf("%s was taken although another claim stands", verb)
		}
	}
	same(k, "the job", k.look("a"), now)
	k.done(at(time.Minute), now)
}

func retryWaits(k *kit) {
	k.add(at(0), with(job("a"), func(j *queue.Job) { j.MaxAttempts = 1 })) // the policy is the caller's
	a := k.one(at(0))
	if !k.finish(at(ms), queue.Outcome{Ref: a.Ref(), Verb: queue.Retry, Due: at(time.Second), Error: "no route"}) {
		k.Fatal("the claim does not stand")
	}
	got := k.look("a")
	if got.State != queue.Scheduled || !got.Due.Equal(at(time.Second)) || got.LastError != "no route" || got.Attempts != 1 ||
		got.Owner != "" || got.Token != "" || !got.LeaseUntil.IsZero() || !got.Finished.IsZero() {
		k.Errorf("waits as %+v", got)
	}
	k.none(at(time.Second - ms))
	again := k.one(at(time.Second))
	if again.Attempts != 2 || again.Deliveries != 2 || again.LastError != "no route" {
		k.Errorf("claimed again as %+v", again)
	}
	k.finish(at(time.Second), queue.Outcome{Ref: again.Ref(), Verb: queue.Retry, Due: at(0), Error: "other"})
	if got := k.look("a"); got.State != queue.Ready || got.LastError != "other" {
		k.Errorf("due at once, it is %+v", got)
	}
}

func snooze(k *kit) {
	k.add(at(0), job("a"))
	for i := range 3 {
		now := at(time.Duration(i) * time.Second)
		a := k.one(now)
		if a.Attempts != 1 || a.Deliveries != i+1 {
			k.Errorf("after %d snoozes: %+v", i, a)
		}
		k.finish(now, queue.Outcome{Ref: a.Ref(), Verb: queue.Snooze, Due: now.Add(time.Second), Error: "not kept"})
		k.none(now.Add(time.Second - ms))
	}
	if got := k.look("a"); got.Attempts != 0 || got.LastError != "" || got.State != queue.Scheduled {
		k.Errorf("sleeps as %+v", got)
	}
}

func release(k *kit) {
	k.add(at(0), job("a"), job("b"))
	a := k.one(at(0))
	k.finish(at(ms), queue.Outcome{Ref: a.Ref(), Verb: queue.Release, Due: at(time.Hour)})
	got := k.look("a")
	if got.State != queue.Ready || got.Attempts != 0 || got.Deliveries != 0 || !got.Due.Equal(at(0)) {
		k.Errorf("given back as %+v", got)
	}
	if a = k.one(at(ms)); a.ID != "a" || a.Redelivered() {
		k.Errorf("claimed again: %+v", a)
	}
}

func buried(k *kit) {
	k.add(at(0), job("a"))
	a := k.one(at(0))
	k.finish(at(ms), queue.Outcome{Ref: a.Ref(), Verb: queue.Bury, Error: "never"})
	got := k.look("a")
	if got.State != queue.Dead || got.LastError != "never" || !got.Finished.Equal(at(ms)) || got.Attempts != 1 || string(got.Data) != `"a"` {
		k.Errorf("kept as %+v", got)
	}
	k.none(at(1000 * time.Hour))
	_, err := k.s.Rescue(k.ctx, at(1000*time.Hour), 10)
	k.must(err)
	same(k, "its state", k.look("a").State, queue.Dead)
}

func batch(k *kit) {
	k.add(at(0), job("a"), job("b"), job("c"), job("d"), job("e"))
	got := k.claim(asking(5, at(0)))
	k.done(at(0), got[1])
	stood, err := k.s.Finish(k.ctx, at(ms), []queue.Outcome{
		{Ref: got[0].Ref(), Verb: queue.Complete},
		{Ref: got[1].Ref(), Verb: queue.Complete},
		{Ref: got[2].Ref(), Verb: queue.Retry, Due: at(time.Second), Error: "c"},
		{Ref: queue.Ref{ID: "x", Token: got[0].Token}, Verb: queue.Bury},
		{Ref: got[3].Ref(), Verb: queue.Snooze, Due: at(ms)},
		{Ref: got[4].Ref(), Verb: queue.Bury, Error: "e"},
	})
	k.must(err)
	same(k, "answers", stood, []bool{true, false, true, false, true, true})
	all, _, err := k.s.Jobs(k.ctx, queue.Filter{}, queue.Page{})
	k.must(err)
	states := map[string]queue.State{}
	for _, j := range all {
		states[j.ID] = j.State
	}
	same(k, "what is left", states, map[string]queue.State{"c": queue.Scheduled, "d": queue.Ready, "e": queue.Dead})
	if stood, err = k.s.Finish(k.ctx, at(ms), nil); err != nil || len(stood) != 0 {
		k.Errorf("no outcomes: %v, %v", stood, err)
	}
}

func unknownVerb(k *kit) {
	k.add(at(0), job("a"), job("b"))
	got := k.claim(asking(2, at(0)))
	_, err := k.s.Finish(k.ctx, at(0), []queue.Outcome{{Ref: got[0].Ref(), Verb: queue.Complete}, {Ref: got[1].Ref(), Verb: "eat"}})
	if err == nil || !strings.Contains(err.Error(), "eat") {
		k.Errorf("an unknown verb: %v", err)
	}
	same(k, "the first", k.look("a").State, queue.Running)
}

func longErrors(k *kit) {
	for _, letter := range []string{"ü", "語", "\U0001F600"} {
		for i, verb := range []queue.Verb{queue.Retry, queue.Bury} {
			k.add(at(0), job(letter+string(verb)))
			j := k.one(at(0))
			k.finish(at(0), queue.Outcome{Ref: j.Ref(), Verb: verb, Due: at(time.Hour), Error: "xy"[:i+1] + strings.Repeat(letter, queue.MaxText)})
			got := k.look(j.ID).LastError
			if len(got) > queue.MaxText || len(got) < queue.MaxText-4 || !utf8.ValidString(got) {
				k.Errorf("%s kept %d bytes of many %s", verb, len(got), letter)
			}
		}
	}
}

// anyErrors has the errors of programs that know nothing of encodings: their outcomes are
// taken, they are kept as they are, and they are found.
func anyErrors(k *kit) {
	for i, text := range []string{"\xff\xfe no", "a\x00 no", "\xe8\xaa no", "no \u2028\"'$.", strings.Repeat("\x80 no", queue.MaxText)} {
		id := string(rune('a' + i))
		k.add(at(0), job(id), job(id+"2"))
		for _, j := range k.claim(asking(2, at(0))) {
			verb := map[bool]queue.Verb{true: queue.Retry, false: queue.Bury}[j.ID == id]
			if !k.finish(at(0), queue.Outcome{Ref: j.Ref(), Verb: verb, Due: at(time.Hour), Error: text}) {
				k.Errorf("%s with %.20q: the claim does not stand", verb, text)
			}
			if got := k.look(j.ID).LastError; got != queue.Cut(text) || len(got) < min(len(text), queue.MaxText-4) {
				k.Errorf("%s with %.20q: %.20q of %d bytes is kept", verb, text, got, len(got))
			}
		}
	}
	same(k, "found by a part of it", len(k.all(queue.Filter{Error: " no"}, queue.Page{})), 8)
}
