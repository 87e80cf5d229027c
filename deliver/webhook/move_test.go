package webhook

import (
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"collector/queue"
	queuememory "collector/queue/memory"
)

// TestMove: an endpoint that was told of everything goes on in the new log, and one that was
// not is told so; both also where a try before left others in the target.
func TestMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		told := w.add(nil)
		away := w.add(func(e *Endpoint) { e.URL, e.Paused = "https://away.example/", true })
		other := w.add(func(e *Endpoint) { e.URL, e.User = "https://other.example/", "berta" })
		w.commit("poll", 3)
		w.run(time.Minute)
		w.commit("backfill", 1) // which nobody is told of, and everybody passes
		w.run(time.Minute)
		to := NewMemory()
		w.must(to.Bring(t.Context(), []Record{{Endpoint: Endpoint{ID: "wh_old"}, Version: 1}}))
		const begin = 1000
		for range 2 {
			w.must(Move(t.Context(), w.hooks, to, w.st, begin))
			want, err := All(t.Context(), w.hooks)
			w.must(err)
			got, err := All(t.Context(), to)
			w.must(err)
			for i := range got {
				switch got[i].ID {
				case told.ID, other.ID:
					if got[i].Place.Seq != begin {
						t.Errorf("who was told of everything is at %+v", got[i].Place)
					}
				case away.ID:
					if got[i].Place.Seq >= begin {
						t.Errorf("who was away is at %+v", got[i].Place)
					}
				}
				got[i].Place = want[i].Place
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("moved are %+v, want %+v", got, want)
			}
		}
	})
}

// TestMoveJobs: what waits is there once, whole and due as it was, dead letters among it.
func TestMoveJobs(t *testing.T) {
	from, to, now := queuememory.New(), queuememory.New(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := map[string]time.Time{"msg_now": now, "msg_later": now.Add(time.Hour), "msg_dead": now, "msg_held": now, "msg_done": now}
	for id, due := range at {
		j, err := message{ID: id, Endpoint: "wh_1", Network: "net", Item: id}.job(0)
		if err != nil {
			t.Fatal(err)
		}
		j.Due = due
		if _, err := from.Add(t.Context(), now, "", []queue.Job{j}); err != nil {
			t.Fatal(err)
		}
	}
	held, err := from.Claim(t.Context(), queue.Claim{Queue: QueueOf("wh_1"), N: 4, Owner: "a", Now: now, Until: now.Add(time.Hour)})
	if err != nil || len(held) != 4 {
		t.Fatalf("%d are held, %v", len(held), err)
	}
	for _, j := range held {
		out := queue.Outcome{Ref: j.Ref(), Verb: map[string]queue.Verb{"msg_dead-0": queue.Bury, "msg_done-0": queue.Complete, "msg_now-0": queue.Release}[j.ID]}
		if out.Verb == "" {
			continue
		}
		if _, err := from.Finish(t.Context(), now, []queue.Outcome{out}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := MoveJobs(t.Context(), from, to, now); err != nil {
			t.Fatal(err)
		}
		list, _, err := to.Jobs(t.Context(), queue.Filter{}, queue.Page{})
		if err != nil || len(list) != 4 {
			t.Fatalf("%d of 4 are there, %v", len(list), err)
		}
		for _, j := range list {
			m, err := from.Job(t.Context(), j.ID)
			if err != nil || string(m.Data) != string(j.Data) || m.MaxAttempts != j.MaxAttempts || m.Keep != j.Keep || m.Queue != j.Queue || j.Attempts != 0 ||
				!m.Due.Equal(j.Due) || j.State != queue.Ready && j.State != queue.Scheduled {
				t.Errorf("it was %+v and is %+v, %v", m, j, err)
			}
		}
	}
}
