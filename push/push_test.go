package push

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/fault"
	"collector/fetch"
	"collector/item"
	"collector/push/pushtest"
	"collector/store"
)

// TestAllThenWhatIsNew: the first push brings all that matches, the next ones what came
// since; nobody else's, nothing private, nothing that was taken back.
func TestAllThenWhatIsNew(t *testing.T) {
	both(t, func(w *world, to func() Target, s *pushtest.Server) {
		all := likes(130)
		private := like("private")
		private.Private = true
		w.commit("me", "backfill", append(all, private)...)
		w.commit("anna", "backfill", like("hers"))
		r, err := w.push(to(), Config{})
		if err != nil || r.Added != 130 || r.Looked != 130 || r.Known != 0 {
			t.Errorf("%+v, %v", r, err)
		}
		isAll(t, s, all)
		s.Calls()
		if r, err = w.push(to(), Config{}); err != nil || r.Looked != 0 || len(s.Calls()) != 1 {
			t.Errorf("again: %+v, %v", r, err)
		}
		all = append(all, like("new"))
		w.commit("me", "poll", like("new"))
		w.commit("anna", "poll", like("hers too"))
		if r, err = w.push(to(), Config{}); err != nil || r.Looked != 1 || r.Added != 1 {
			t.Errorf("what is new: %+v, %v", r, err)
		}
		isAll(t, s, all)
		changed := like("new")
		changed.Title = "changed"
		w.commit("me", "poll", changed)
		if r, err = w.push(to(), Config{}); err != nil || r.Known != 1 || r.Added != 0 {
			t.Errorf("what has changed: %+v, %v", r, err)
		}
		if r, err = w.push(to(), Config{Again: true}); err != nil || r.Known != 131 || r.Added != 0 {
			t.Errorf("all of it again: %+v, %v", r, err)
		}
		isAll(t, s, all)
		if r, err = w.push(to(), Config{Private: true}); err != nil || r.Added != 1 {
			t.Errorf("with what is private: %+v, %v", r, err)
		}
	})
}

// TestAQueryChooses also among what changes later.
func TestAQueryChooses(t *testing.T) {
	both(t, func(w *world, to func() Target, s *pushtest.Server) {
		other := like("other")
		other.Tags = []string{"java", "x"}
		w.commit("me", "backfill", like("1"), other)
		if r, err := w.push(to(), Config{Query: "#go"}); err != nil || r.Added != 1 {
			t.Errorf("%+v, %v", r, err)
		}
		later := other
		later.Tags = []string{"java", "go"}
		w.commit("me", "poll", later)
		if r, err := w.push(to(), Config{Query: "#go"}); err != nil || r.Added != 1 {
			t.Errorf("what matches now: %+v, %v", r, err)
		}
		if r, err := w.push(to(), Config{Query: "#rust"}); err != nil || r.Looked != 0 || len(s.Kept()) != 2 {
			t.Errorf("nothing matches: %+v, %v", r, err)
		}
	})
}

// TestInterrupted at each call, before it was carried out and after: a further push goes on,
// and in the end each like is there once, whole.
func TestInterrupted(t *testing.T) {
	const n = 25 // more than a page, and more than linkding is asked for one by one
	all := likes(n)
	made := func(t *testing.T, linkding bool) (*world, func() Target, *pushtest.Server) {
		w := newWorld(t)
		w.commit("me", "backfill", all...)
		if linkding {
			return w, w.toLinkding, &w.linkding.Server
		}
		return w, w.toKarakeep, &w.karakeep.Server
	}
	for _, linkding := range []bool{false, true} {
		w, to, _ := made(t, linkding)
		if _, err := w.push(to(), Config{}); err != nil {
			t.Fatal(err)
		}
		for at := 1; at <= w.calls; at++ {
			for _, after := range []bool{false, true} {
				w, to, s := made(t, linkding)
				w.fail, w.after = at, after
				if _, err := w.push(to(), Config{}); !errors.Is(err, errAway) || fault.KindOf(err) != fault.Temporary {
					t.Fatalf("call %d: %v", at, err)
				}
				w.fail = 0
				if _, err := w.push(to(), Config{}); err != nil {
					t.Fatal(err)
				}
				isAll(t, s, all)
			}
		}
	}
}

// TestGoesOnWhereItWas: of a walk that was interrupted late, little is sent again.
func TestGoesOnWhereItWas(t *testing.T) {
	both(t, func(w *world, to func() Target, s *pushtest.Server) {
		all := likes(200)
		w.commit("me", "backfill", all...)
		var done int
		w.answer = func(m fetch.Message) *fetch.Answer {
			if m.Method == http.MethodPost && strings.HasSuffix(m.Address, "/bookmarks") || strings.Contains(m.Address, "/bookmarks/?") && m.Method == http.MethodPost {
				if done++; done == 190 {
					return &fetch.Answer{Status: 503}
				}
			}
			return nil
		}
		if _, err := w.push(to(), Config{}); fault.KindOf(err) != fault.Temporary {
			t.Fatal(err)
		}
		w.commit("me", "poll", like("new")) // meanwhile
		r, err := w.push(to(), Config{})
		if err != nil || r.Known >= page || r.Added != 12 {
			t.Errorf("%+v, %v", r, err)
		}
		isAll(t, s, append(all, like("new")))
	})
}

// TestWhatAPersonHasStays: no bookmark that is there is changed, moved or doubled, also
// where its address is written in another way or it is in the archive.
func TestWhatAPersonHasStays(t *testing.T) {
	for _, n := range []int{3, 70} { // asked for one by one, and by the whole list
		both(t, func(w *world, to func() Target, s *pushtest.Server) {
			for i := range 250 {
				s.Add(pushtest.Bookmark{ID: fmt.Sprint("p", i), URL: fmt.Sprint("https://own.example/", i), Title: "mine", Archived: i%2 == 0})
			}
			s.Add(pushtest.Bookmark{ID: "p", URL: "https://example.org/i0/", Title: "mine", Note: "my note"})
			s.Add(pushtest.Bookmark{ID: "q", URL: "https://example.org/i1", Title: "mine", Note: "my note", Archived: true})
			known := 2
			if n > 60 {
				s.Add(pushtest.Bookmark{ID: "q", URL: "https://example.org/i60", Title: "mine", Note: "my note", Archived: true})
				known++
			}
			w.commit("me", "backfill", likes(n)...)
			r, err := w.push(to(), Config{})
			if err != nil || r.Known != known || r.Added != n-known || s.Touched != 0 {
				t.Errorf("%+v, %v, %d touched", r, err, s.Touched)
			}
			for _, b := range s.Kept() {
				if b.Title == "mine" && (b.Tags != nil || b.ID[0] != 'p' && b.ID[0] != 'q') {
					t.Errorf("%+v", b)
				}
			}
		})
	}
}

// TestTheTimeOfALike is that of its bookmark.
func TestTheTimeOfALike(t *testing.T) {
	both(t, func(w *world, to func() Target, s *pushtest.Server) {
		w.commit("me", "backfill", like("1"))
		if _, err := w.push(to(), Config{}); err != nil {
			t.Fatal(err)
		}
		if got := s.Kept(); len(got) != 1 || got[0].Created != "2026-02-28T12:00:00Z" {
			t.Errorf("%+v", got)
		}
	})
}

// TestLinkdingReadsLittle: of many likes, few pages of the web are read on the way.
func TestLinkdingReadsLittle(t *testing.T) {
	w := newWorld(t)
	w.commit("me", "backfill", likes(300)...)
	if _, err := w.push(w.toLinkding(), Config{}); err != nil || w.linkding.Read > askedMost {
		t.Errorf("%d pages, %v", w.linkding.Read, err)
	}
}

// TestTheLogIsGone: all is walked through again, and nothing is there twice.
func TestTheLogIsGone(t *testing.T) {
	both(t, func(w *world, to func() Target, s *pushtest.Server) {
		w.commit("me", "backfill", likes(5)...)
		if _, err := w.push(to(), Config{}); err != nil {
			t.Fatal(err)
		}
		w.commit("me", "poll", like("new"))
		w.commit("me", "poll", like("newer"))
		if _, err := w.st.PruneChanges(t.Context(), noon.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		r, err := w.push(to(), Config{})
		if err != nil || r.Added != 2 {
			t.Errorf("%+v, %v", r, err)
		}
		isAll(t, s, append(likes(5), like("new"), like("newer")))
	})
}

// TestNobodysChangesKeepThePlace: while only others like something, the place goes along,
// so that the log does not leave it behind.
func TestNobodysChangesKeepThePlace(t *testing.T) {
	w := newWorld(t)
	w.commit("me", "backfill", likes(60)...)
	if _, err := w.push(w.toKarakeep(), Config{}); err != nil {
		t.Fatal(err)
	}
	w.commit("anna", "poll", like("hers"))
	if _, err := w.push(w.toKarakeep(), Config{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.st.PruneChanges(t.Context(), noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	w.commit("me", "poll", like("new"))
	if r, err := w.push(w.toKarakeep(), Config{}); err != nil || r.Looked != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestADryRunChangesNothing, here and over there.
func TestADryRunChangesNothing(t *testing.T) {
	both(t, func(w *world, to func() Target, s *pushtest.Server) {
		w.commit("me", "backfill", likes(3)...)
		s.Add(pushtest.Bookmark{ID: "p", URL: "https://example.org/i0"})
		for range 2 {
			r, err := w.push(to(), Config{Dry: true})
			if err != nil || r.Added != 2 || r.Known != 1 {
				t.Errorf("%+v, %v", r, err)
			}
		}
		for _, c := range s.Calls() {
			if !strings.HasPrefix(c, "GET ") {
				t.Errorf("a dry run calls %s", c)
			}
		}
		if r, err := w.push(to(), Config{}); err != nil || r.Added != 2 {
			t.Errorf("afterwards: %+v, %v", r, err)
		}
	})
}

// TestARefusedLikeHoldsUpNothing: it is told, without the token that the service repeats;
// where nothing at all is taken, it ends.
func TestARefusedLikeHoldsUpNothing(t *testing.T) {
	both(t, func(w *world, to func() Target, s *pushtest.Server) {
		bad := like("bad")
		bad.URL = "https://example.org/refuse-me"
		script := like("script")
		script.URL = "javascript:alert(1)"
		w.commit("me", "backfill", like("1"), bad, script, like("2"))
		r, err := w.push(to(), Config{})
		if err != nil || r.Added != 2 || r.Refused != 1 || r.Left != 1 || len(r.First) != 1 || r.First[0].URL != bad.URL || strings.Contains(r.First[0].Reason, token) {
			t.Errorf("%+v, %v", r, err)
		}
		if r, err = w.push(to(), Config{}); err != nil || r.Looked != 0 {
			t.Errorf("again: %+v, %v", r, err)
		}
		var all []item.Item
		for i := range 30 {
			it := like(fmt.Sprint("bad", i))
			it.URL = fmt.Sprint("https://example.org/refuse-me/", i)
			all = append(all, it)
		}
		w.commit("me", "poll", all...)
		if r, err = w.push(to(), Config{}); fault.KindOf(err) != fault.Malformed || r.Refused != mostInARow {
			t.Errorf("nothing is taken: %+v, %v", r, err)
		}
	})
}

// TestWhatAServerSays becomes whose fault it is and what to do, and ends the run.
func TestWhatAServerSays(t *testing.T) {
	for _, c := range []struct {
		answer fetch.Answer
		kind   fault.Kind
		next   string
	}{
		{fetch.Answer{Status: 401}, fault.Unauthorized, "token"},
		{fetch.Answer{Status: 403}, fault.Unauthorized, "token"},
		{fetch.Answer{Status: 429, RetryAfter: "90"}, fault.RateLimited, "in 1m30s"},
		{fetch.Answer{Status: 429, RetryAfter: noon.Add(time.Hour).Format(http.TimeFormat)}, fault.RateLimited, "in 1h0m0s"},
		{fetch.Answer{Status: 429, RetryAfter: "soon"}, fault.RateLimited, "later"},
		{fetch.Answer{Status: 500}, fault.Temporary, "again"},
		{fetch.Answer{Status: 301}, fault.Gone, "https://"},
		{fetch.Answer{Status: 404}, fault.Gone, "--url"},
		{fetch.Answer{Status: 200, Body: []byte("<html>" + token)}, fault.Gone, "--url"},
		{fetch.Answer{Status: 200, Body: []byte("{}")}, fault.Gone, "--url"},
	} {
		both(t, func(w *world, to func() Target, s *pushtest.Server) {
			w.commit("me", "backfill", likes(3)...)
			w.answer = func(fetch.Message) *fetch.Answer { return &c.answer }
			r, err := w.push(to(), Config{})
			e := fault.As(err)
			if e == nil || e.Kind != c.kind || !strings.Contains(e.Next, c.next) || strings.Contains(e.Error(), token) || r.Looked != 0 || w.calls != 1 {
				t.Errorf("%+v: %v, %d calls", c.answer, err, w.calls)
			}
		})
	}
}

// TestALimitEndsTheRun in the middle: not one more call is made, and it goes on later.
func TestALimitEndsTheRun(t *testing.T) {
	both(t, func(w *world, to func() Target, s *pushtest.Server) {
		w.commit("me", "backfill", likes(80)...)
		w.answer = func(fetch.Message) *fetch.Answer {
			if w.calls >= 70 {
				return &fetch.Answer{Status: 429, RetryAfter: "60"}
			}
			return nil
		}
		if _, err := w.push(to(), Config{}); fault.KindOf(err) != fault.RateLimited || w.calls != 70 {
			t.Errorf("%v, %d calls", err, w.calls)
		}
		for _, c := range []Config{{}, {Query: "#go"}} { // the place of another query, at the same service
			w.now = noon.Add(59 * time.Second)
			if _, err := w.push(to(), c); fault.KindOf(err) != fault.RateLimited || w.calls != 70 {
				t.Errorf("before the time that was named: %v, %d calls", err, w.calls)
			}
		}
		w.now, w.answer = noon.Add(time.Minute), nil
		if _, err := w.push(to(), Config{}); err != nil {
			t.Error(err)
		}
		isAll(t, s, likes(80))
	})
}

// TestASmallLimitIsEnough: where a service takes few calls in a window, each run gets further,
// in the first walk and in a change that holds many likes.
func TestASmallLimitIsEnough(t *testing.T) {
	both(t, func(w *world, to func() Target, s *pushtest.Server) {
		budget := 0
		w.answer = func(fetch.Message) *fetch.Answer {
			if budget--; budget < 0 {
				return &fetch.Answer{Status: 429}
			}
			return nil
		}
		finish := func() {
			for runs := 1; ; runs++ {
				budget = 50
				_, err := w.push(to(), Config{})
				if err == nil {
					return
				}
				if fault.KindOf(err) != fault.RateLimited || runs > 100 {
					w.Fatalf("run %d: %v, %d bookmarks are there", runs, err, len(s.Kept()))
				}
			}
		}
		w.commit("me", "backfill", likes(100)...)
		finish()
		isAll(t, s, likes(100))
		w.commit("me", "poll", likes(200)...)
		finish()
		isAll(t, s, likes(200))
	})
}

// TestALikeThatBreaksTheServiceHoldsUpNothing: at the third run it counts as refused, and
// those behind it are pushed.
func TestALikeThatBreaksTheServiceHoldsUpNothing(t *testing.T) {
	for _, status := range []int{403, 500} {
		both(t, func(w *world, to func() Target, s *pushtest.Server) {
			bad := like("bad")
			bad.URL = "https://example.org/breaks"
			w.commit("me", "backfill", like("1"), bad, like("2"))
			w.answer = func(m fetch.Message) *fetch.Answer {
				if strings.Contains(string(m.Body), "/breaks") {
					return &fetch.Answer{Status: status}
				}
				return nil
			}
			for run := 1; run < tries; run++ {
				if r, err := w.push(to(), Config{}); err == nil || r.Refused != 0 {
					t.Errorf("run %d: %+v, %v", run, r, err)
				}
			}
			r, err := w.push(to(), Config{})
			if err != nil || r.Refused != 1 || len(r.First) != 1 || r.First[0].URL != bad.URL || r.First[0].Reason == "" {
				t.Errorf("%+v, %v", r, err)
			}
			isAll(t, s, []item.Item{like("1"), like("2")})
		})
	}
}

// TestAServiceThatIsAwayLosesNothing, however often it is asked.
func TestAServiceThatIsAwayLosesNothing(t *testing.T) {
	both(t, func(w *world, to func() Target, s *pushtest.Server) {
		w.commit("me", "backfill", likes(3)...)
		w.answer = func(fetch.Message) *fetch.Answer { return &fetch.Answer{Status: 503} }
		for range 10 {
			if _, err := w.push(to(), Config{}); fault.KindOf(err) != fault.Temporary {
				t.Error(err)
			}
		}
		w.answer = nil
		if r, err := w.push(to(), Config{}); err != nil || r.Added != 3 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// TestWhatAPersonAddsMeanwhileStays: what is saved over there while a long push goes on is as
// little changed as what was there before.
func TestWhatAPersonAddsMeanwhileStays(t *testing.T) {
	both(t, func(w *world, to func() Target, s *pushtest.Server) {
		w.commit("me", "backfill", likes(300)...)
		added := false
		w.answer = func(m fetch.Message) *fetch.Answer {
			if !added && len(s.Kept()) == 100 {
				added = true
				s.Add(pushtest.Bookmark{ID: "p", URL: "https://example.org/i250", Title: "mine"})
				s.Add(pushtest.Bookmark{ID: "q", URL: "https://example.org/i260", Title: "mine", Archived: true})
			}
			return nil
		}
		r, err := w.push(to(), Config{})
		if err != nil || r.Added != 298 || r.Known != 2 || s.Touched != 0 {
			t.Errorf("%+v, %v, %d touched", r, err, s.Touched)
		}
	})
}

// TestOnePageOfASite is not another one, where only what stands behind # differs.
func TestOnePageOfASite(t *testing.T) {
	both(t, func(w *world, to func() Target, s *pushtest.Server) {
		one, two := like("1"), like("2")
		one.URL, two.URL = "https://example.org/app#/one", "https://example.org/app#/two"
		w.commit("me", "backfill", one, two)
		if r, err := w.push(to(), Config{}); err != nil || r.Added != 2 {
			t.Errorf("%+v, %v", r, err)
		}
		if r, err := w.push(to(), Config{Again: true}); err != nil || r.Known != 2 {
			t.Errorf("again: %+v, %v", r, err)
		}
		isAll(t, s, []item.Item{one, two})
	})
}

// TestNormal: two addresses are alike where linkding takes them for one, and only there.
func TestNormal(t *testing.T) {
	for _, c := range []struct {
		a, b  string
		alike bool
	}{
		{"https://Example.org/a/?x=2&x=1&b", "https://example.org/a?b=&x=1&x=2", true},
		{"https://example.org/?q=a+b", "https://example.org/?q=a%20b", true},
		{"https://example.org/?id=1;v=2", "https://example.org/?id=2;v=2", false},
		{"https://example.org/?q=%zz1", "https://example.org/?q=%zz2", false},
		{"https://example.org/#a", "https://example.org/#b", false},
		{"https://пример.рф/x", "https://xn--e1afmkfd.xn--p1ai/x", true},
	} {
		if (normal(c.a) == normal(c.b)) != c.alike {
			t.Errorf("%s and %s: %v", c.a, c.b, !c.alike)
		}
	}
}

// other is a store in which somebody else moves the place on.
type other struct{ store.Store }

func (other) SwapMeta(context.Context, string, string, string) (bool, error) { return false, nil }

// TestTwoPushesAtOnce: one of them ends.
func TestTwoPushesAtOnce(t *testing.T) {
	w := newWorld(t)
	w.commit("me", "backfill", likes(3)...)
	if _, err := w.push(w.toKarakeep(), Config{Store: other{w.st}}); !errors.Is(err, ErrElsewhere) {
		t.Error(err)
	}
}

// TestBookmark: what a like becomes.
func TestBookmark(t *testing.T) {
	it := store.Liked{Item: like("1"), User: "me", Service: "github", Network: "github/me"}
	it.Title, it.Tags, it.URL = " a\n\x1b[31m b ", []string{"#Go", "a, b", "", "go\x00", strings.Repeat("x", 100)}, " https://example.org/x y "
	b, ok := bookmark(it)
	if !ok || b.Title != "a [31m b" || b.URL != "https://example.org/x%20y" || b.Note != "github/me, liked 2026-02-28" || !slices.Equal(b.Tags[:3], []string{"Go", "a-b", "go"}) || len([]rune(b.Tags[3])) != longestTag {
		t.Errorf("%+v", b)
	}
	for _, bad := range []string{"", "javascript:alert(1)", "ftp://example.org/", "https://user:word@example.org/", "https://"} {
		if it.URL = bad; ok {
			_, ok = bookmark(it)
		}
		if ok {
			t.Errorf("%q is pushed", bad)
		}
		ok = true
	}
	it.URL = "https://пример.рф/ü?q=ä" // as a browser writes it: linkding takes no host with %
	if b, _ = bookmark(it); b.URL != "https://xn--e1afmkfd.xn--p1ai/%C3%BC?q=ä" {
		t.Errorf("%q", b.URL)
	}
	it.URL, it.LikedAt = "https://example.org/", time.Time{}
	if b, _ := bookmark(it); !b.Liked.IsZero() || b.Note != "github/me" {
		t.Errorf("without a time: %+v", b)
	}
}

// TestAListWithoutMeasure: a server that lists ever more is no reason to hold ever more.
func TestAListWithoutMeasure(t *testing.T) {
	w := newWorld(t)
	w.commit("me", "backfill", likes(30)...)
	n := 0
	w.answer = func(m fetch.Message) *fetch.Answer {
		if !strings.Contains(m.Address, "/api/bookmarks/?") && !strings.Contains(m.Address, "/api/bookmarks/archived/?") || m.Method != http.MethodGet {
			return nil
		}
		var list strings.Builder
		for range 100 {
			n++
			fmt.Fprintf(&list, `,{"url":"https://example.com/%d"}`, n)
		}
		return &fetch.Answer{Status: 200, Body: []byte(`{"results":[` + list.String()[1:] + `]}`)}
	}
	to := NewLinkding(w.server(&w.linkding))
	to.most = 1000
	if _, err := w.push(to, Config{}); err == nil || !strings.Contains(err.Error(), "more bookmarks than anybody has") {
		t.Errorf("%v", err)
	}
	if n > 1200 || len(to.known) > 1100 {
		t.Errorf("%d bookmarks were read, %d are held", n, len(to.known))
	}
}
