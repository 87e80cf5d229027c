package simulate

import (
	"fmt"
	"testing"

	"collector/connectors"
)

const drops = "https://api.raindrop.io/rest/v1"

func TestRaindropBehavesAsDocumented(t *testing.T) {
	s := New(Options{Seed: 1, Now: clockAt().now})
	a := add(t, s, Spec{Service: Raindrop, Name: "mira", Likes: 120})
	none := add(t, s, Spec{Service: Raindrop, Name: "jonas"})
	token := a.Tokens[0]
	list := func(query string) answer { return get(s, drops+"/raindrops/0?"+query, token) }
	first := list("perpage=50")
	likes := s.Likes(a.Key)
	thrown, err := s.Unlike(a.Key, likes[7].ID)
	if err != nil {
		t.Fatal(err)
	}
	const one = `"_id"`
	check(t, []behaviour{
		{"default page", count(list("").body, one), "25"},
		{"largest page", count(list("perpage=1000").body, one), "50"},
		{"pages count from 0", count(list("perpage=50&page=2").body, one), "19"},
		{"past the end", list("perpage=50&page=3").body, `{"result":true,"items":[],"count":119,"collectionId":0}`},
		{"how many there are", count(first.body, `"count":120`), "1"},
		{"newest first", fmt.Sprint(first.body[:len(`{"result":true,"items":[{"_id":`)+10]), `{"result":true,"items":[{"_id":` + likes[119].ID},
		{"or oldest first", list("sort=created").body[:len(`{"result":true,"items":[{"_id":`)+10], `{"result":true,"items":[{"_id":` + likes[0].ID},
		{"the trash", count(get(s, drops+"/raindrops/-99", token).body, one) + count(get(s, drops+"/raindrops/-99", token).body, `"removed":true`), "11"},
		{"one in it", count(get(s, drops+"/raindrop/"+thrown, token).body, `"removed":true`), "1"},
		{"one that is kept", count(get(s, drops+"/raindrop/"+likes[8].ID, token).body, `"removed":false`), "1"},
		{"one that is none", fmt.Sprint(get(s, drops+"/raindrop/1", token).status), "404"},
		{"no bookmarks", get(s, drops+"/raindrops/0", none.Tokens[0]).body, `{"result":true,"items":[],"count":0,"collectionId":0}`},
		{"limit", first.header.Get("X-RateLimit-Limit") + " " + first.header.Get("X-RateLimit-Remaining"), "120 119"},
		{"a bad token", fmt.Sprint(get(s, drops+"/user", "bad").status), "401"},
	})
	if v := s.Violations(); len(v) > 0 {
		t.Error(v)
	}
}

// TestTheTrashTellsRemovals: a sweep names exactly what was thrown away.
func TestTheTrashTellsRemovals(t *testing.T) {
	s := New(Options{Seed: 2, Now: clockAt().now})
	a := add(t, s, Spec{Service: Raindrop, Name: "mira", Likes: 230})
	for range 70 {
		if _, err := s.Unlike(a.Key, ""); err != nil {
			t.Fatal(err)
		}
	}
	w := newWalker(t, s, a)
	q := w.query(a)
	q.Walk = connectors.Sweep
	w.walk(q)
	if d := s.Compare(a.Key, w.got); !d.OK() || len(d.Extra) > 0 {
		t.Error(d)
	}
	gone := map[string]bool{}
	for _, id := range w.removed {
		gone[id] = true
	}
	for _, l := range s.Former(a.Key) {
		if !gone[l.ID] {
			t.Errorf("%s was thrown away, and nobody says so", l.ID)
		}
	}
	if len(gone) != 70 || len(w.removed) != 70 {
		t.Errorf("%d are called removed, %d of them different; 70 were", len(w.removed), len(gone))
	}
}
