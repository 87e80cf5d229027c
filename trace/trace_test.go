package trace

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

func same(s string) string { return s }

// begin is a run of a network that began just now.
func begin(k *Kept, network string) *Run { return k.Begin(network, time.Now()) }

// TestStepsStandInTheOrderTheyBegan, though the next page is asked for while one is stored.
func TestStepsStandInTheOrderTheyBegan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := New(MostBytes, same)
		ctx := With(t.Context(), begin(k, "n1"))
		at := time.Now()
		time.Sleep(2 * time.Second)
		Of(ctx).Note(at.Add(time.Second), Step{Kind: Saved, Took: time.Second})
		Of(ctx).Note(at, Step{Kind: Asked, What: "page 1"})
		Of(ctx).Note(at.Add(-time.Hour), Step{Kind: Claimed, Took: -time.Second}) // by a clock that was set
		Of(ctx).Note(time.Now(), Step{Kind: Next})
		if got := k.Of("n1"); got != nil {
			t.Errorf("a run that goes on is told: %+v", got)
		}
		Of(ctx).End(time.Now())
		Of(ctx).End(time.Now().Add(time.Hour)) // it has ended
		got := k.Of("n1")
		if len(got) != 1 || got[0].Calls != 1 || got[0].Took() != 2*time.Second || !got[0].Ended.Equal(at.Add(2*time.Second)) || got[0].Left != 0 {
			t.Fatalf("%+v", got)
		}
		said := ""
		for _, s := range got[0].Steps {
			said += fmt.Sprintf("%v %v %v, ", s.Kind, s.At, s.Took)
		}
		if said != "asked 0s 0s, claimed 0s 0s, saved 1s 1s, next 2s 0s, " {
			t.Error(said)
		}
		if k.Of("n2") != nil {
			t.Error("another network has its runs")
		}
	})
}

// TestTheMiddleOfALongRunIsCounted and what is kept of it is bounded.
func TestTheMiddleOfALongRunIsCounted(t *testing.T) {
	k := New(MostBytes, same)
	r := begin(k, "n1")
	const all = mostFirst + 2*mostLast + 7
	for i := range all {
		r.Note(r.begun.Add(time.Duration(i/2)*time.Millisecond), Step{Kind: Asked, Status: int16(i)})
	}
	r.End(r.begun.Add(time.Second))
	d := k.Of("n1")[0]
	if len(d.Steps) != mostFirst+mostLast || d.Left != all-mostFirst-mostLast || d.Calls != all {
		t.Fatalf("%d steps, %d left out, %d calls", len(d.Steps), d.Left, d.Calls)
	}
	for i, s := range d.Steps {
		want := i
		if i >= mostFirst {
			want += d.Left
		}
		if int(s.Status) != want {
			t.Errorf("step %d is the one noted as %d, want %d", i, s.Status, want)
		}
	}
}

// TestTheLastRunsAreKept of a network.
func TestTheLastRunsAreKept(t *testing.T) {
	k := New(MostBytes, same)
	for i := range mostRuns + 3 {
		begin(k, "n1").End(time.Unix(int64(i), 0))
	}
	got := k.Of("n1")
	if len(got) != mostRuns || got[0].Ended.Unix() != 3 || got[mostRuns-1].Ended.Unix() != mostRuns+2 {
		t.Errorf("%d runs: %+v", len(got), got)
	}
}

// TestWhatNobodyTouchesGoesFirst where the room is used up.
func TestWhatNobodyTouchesGoesFirst(t *testing.T) {
	one := Done{Steps: make([]Step, 0, usual)}
	k := New(3*(frame+2+one.size()), same)
	run := func(network string) {
		r := begin(k, network)
		r.Note(r.begun, Step{})
		r.End(r.begun)
	}
	run("n1")
	run("n2")
	run("n3")
	k.Of("n1") // somebody looks at it
	run("n4")
	for network, want := range map[string]int{"n1": 1, "n2": 0, "n3": 1, "n4": 1} {
		if got := k.look(network); len(got) != want {
			t.Errorf("%s: %d runs, want %d", network, len(got), want)
		}
	}
	for range 100 {
		run("n1")
	}
	if len(k.look("n4")) != 0 || len(k.look("n1")) == 0 || k.bytes > k.most {
		t.Errorf("%d runs of n4, %d of n1, %d of %d bytes", len(k.look("n4")), len(k.look("n1")), k.bytes, k.most)
	}
	for k.order.Len() > 0 {
		k.forget(k.order.Front())
	}
	if k.bytes != 0 || len(k.lists) != 0 {
		t.Errorf("%d bytes are counted of nothing", k.bytes)
	}
}

// TestNoSizeOfTextsEscapes the bound: whatever a service answers.
func TestNoSizeOfTextsEscapes(t *testing.T) {
	huge := strings.Repeat("é", 1<<20)
	k := New(1<<20, same)
	for i := range 300 {
		r := begin(k, fmt.Sprint("network ", i))
		for range 200 {
			r.Note(r.begun, Step{Kind: Failed, By: huge, What: huge, Method: huge, Path: huge, Text: huge, Whose: huge, Do: huge, Quota: &Quota{}})
		}
		r.End(r.begun)
		if k.bytes > k.most {
			t.Fatalf("%d bytes, at most %d", k.bytes, k.most)
		}
	}
	s := k.Of("network 299")[0].Steps[0]
	for _, text := range []string{s.By, s.What, s.Method, s.Path, s.Text, s.Whose, s.Do} {
		if len(text) > mostText || !utf8.ValidString(text) || !strings.HasSuffix(text, "…") {
			t.Errorf("%d bytes: %q", len(text), text[len(text)-9:])
		}
	}
}

// TestSecretsAreTakenOut of every text that others made.
func TestSecretsAreTakenOut(t *testing.T) {
	k := New(MostBytes, func(s string) string { return strings.ReplaceAll(s, "hunter2", "(secret)") })
	r := begin(k, "n1")
	r.Note(r.begun, Step{What: "hunter2", Path: "/hunter2", Text: "hunter2", Whose: "hunter2", Do: "hunter2"})
	r.End(r.begun)
	if said := fmt.Sprintf("%+v", k.Of("n1")); strings.Contains(said, "hunter2") || strings.Count(said, "(secret)") != 5 {
		t.Error(said)
	}
}

// TestWhereNobodyWantsToKnow nothing is noted and nothing breaks.
func TestWhereNobodyWantsToKnow(t *testing.T) {
	var k *Kept
	r := k.Begin("n1", time.Now())
	r.Note(time.Now(), Step{})
	r.End(time.Now())
	if ctx := With(context.Background(), r); ctx != context.Background() || Of(ctx) != nil || k.Of("n1") != nil {
		t.Error("there is a run of nobody")
	}
}

// TestManyRunsAtOnce is for the race detector.
func TestManyRunsAtOnce(t *testing.T) {
	k := New(1<<16, same)
	var all sync.WaitGroup
	for i := range 8 {
		r := begin(k, fmt.Sprint("n", i%3))
		for range 2 {
			all.Go(func() {
				for range 100 {
					r.Note(time.Now(), Step{Kind: Asked, Path: "/x"})
				}
			})
		}
		all.Go(func() {
			for range 100 {
				k.Of("n1")
			}
			r.End(time.Now())
		})
	}
	all.Wait()
}

// BenchmarkRun is what the trace of a poll costs that finds something.
func BenchmarkRun(b *testing.B) {
	k := New(MostBytes, same)
	ids := make([]string, 10_000)
	for i := range ids {
		ids[i] = fmt.Sprint("network ", i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		now := time.Now()
		ctx := With(context.Background(), k.Begin(ids[i%len(ids)], now))
		for kind := Claimed; kind <= Saved; kind++ {
			Of(ctx).Note(now, Step{Kind: kind, Path: "/user/starred", Quota: &Quota{}})
		}
		Of(ctx).Note(now, Step{Kind: Next, Text: "polled every 27m: about one like a day expected"})
		Of(ctx).End(now)
	}
}
