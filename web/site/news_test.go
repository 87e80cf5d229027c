package site

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"collector/store"
	"collector/store/memory"
)

// newsOn is the stream that a page names for its news, "" where it names none.
func (a reply) newsOn() string {
	for _, n := range a.all("span") {
		if value(n, "role") == "status" && value(n, "data-stream") != "" {
			return value(n, "data-stream")
		}
	}
	return ""
}

// told is how many likes a stream has said are new, below 0 where it said that there may be more.
func (s *watching) told() (n int) {
	for line := range strings.Lines(s.text()) {
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			more, err := strconv.Atoi(strings.TrimSpace(data))
			if err != nil || more == 0 {
				return -1
			}
			n += more
		}
	}
	return n
}

// TestNewLikesAreCounted beside the list that is read: all that came since the page was made, each once,
// whenever the stream began, and nobody else's.
func TestNewLikesAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := seeded(t, memory.New())
		anna := w.as("anna")
		path := anna.get("/").is(200, "Pause updates").newsOn()
		if !strings.HasPrefix(path, "/stream?") || !strings.Contains(path, "of=likes") {
			t.Fatalf("the page listens to %q", path)
		}
		w.wrote("anna-github-anna-hub", 1, 2) // before anybody listens
		first := anna.watch(path)
		w.wrote("anna-github-anna-hub", 2, 3)
		w.wrote("bob-github-bob-hub", 3, 7)
		w.gone("anna-github-anna-hub", "1")
		later(lookEvery)
		if got := first.told(); got != 5 {
			t.Errorf("%d are new, want 5: %s", got, first.text())
		}
		if strings.Contains(first.text(), "changed") {
			t.Errorf("the list is read again under the reader: %s", first.text())
		}
		w.wrote("anna-github-anna-hub", 4, 1) // which is not told of yet
		second := anna.watch(path)            // the line broke: it begins anew
		operator := w.as("").watch(path)
		later(lookEvery)
		for name, c := range map[string]struct {
			s    *watching
			want int
		}{"first": {first, 6}, "second": {second, 6}, "operator": {operator, 13}} {
			if got := c.s.told(); got != c.want {
				t.Errorf("%s: %d are new, want %d: %s", name, got, c.want, c.s.text())
			}
		}
		before := len(first.text())
		later(beatEvery)
		if got := first.text()[before:]; got != ": it lives\n\n" {
			t.Errorf("%q", got)
		}
		if got := anna.get("/").newsOn(); got == path {
			t.Errorf("the next page begins where this one did: %s", got)
		}
		for _, s := range []*watching{first, second, operator} {
			s.end()
		}
		later(lookEvery)
	})
}

// TestNewsThatNobodyCounted: where the log is not kept so far, or much was written at once, it is said
// that there may be more.
func TestNewsThatNobodyCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := seeded(t, memory.New())
		for i := range mostAtOnce + 1 {
			w.wrote("anna-github-anna-hub", i, 1)
		}
		s := w.as("anna").watch("/stream?of=likes&since=1")
		synctest.Wait()
		if got := s.told(); got != -1 {
			t.Errorf("%d: %s", got, s.text())
		}
		s.end()
		later(lookEvery)
		w.panel.Store = prunedLog{w.store}
		w.open()
		s = w.as("anna").watch("/stream?of=likes&since=1")
		synctest.Wait()
		if got := s.told(); got != -1 {
			t.Errorf("of a log that is gone %d: %s", got, s.text())
		}
		later(lookEvery)
		s.end()
		later(lookEvery)
	})
}

// TestNewsStandWhereTheNewestDo: on the first page of the newest likes, and on no other.
func TestNewsStandWhereTheNewestDo(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		for i := range 3 {
			w.wrote("anna-github-anna-hub", i, likesPage/2)
		}
		anna := w.as("anna")
		first := anna.get("/")
		for path, want := range map[string]bool{
			"/": true, asks("in:github"): true, asks("raft") + "&sort=newest": true, asks("raft"): false, first.pageLink("next"): false,
		} {
			a := anna.get(path).is(200)
			if got := a.newsOn() != ""; got != want {
				t.Errorf("%s: news %v, want %v", path, got, want)
			}
			live := false
			for _, s := range a.all("script") {
				live = live || strings.HasSuffix(value(s, "src"), "/live.js")
			}
			if live != want {
				t.Errorf("%s: live.js %v, want %v", path, live, want)
			}
		}
		if got := w.as("carol").get("/").is(200, "No likes yet").newsOn(); got != "" {
			t.Errorf("who has nothing listens to %s", got)
		}
	})
}

// TestWhatIsGoneIsAFilter with how many it finds.
func TestWhatIsGoneIsAFilter(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		anna := w.as("anna")
		anna.get("/").is(200, "!State taken back or gone")
		w.gone("anna-github-anna-hub", "1", "2")
		w.gone("bob-github-bob-hub", "1")
		for path, want := range map[string]string{
			"/": "State taken back or gone 2", asks("in:github raft"): "State taken back or gone 2", asks("in:mastodon"): "!State", asks("raft is:removed"): "State taken back or gone 2",
			asks("raft or is:removed"): "!State", asks("-is:removed"): "!State",
		} {
			anna.get(path).is(200, want)
		}
		w.as("").get("/").is(200, "State taken back or gone 3")
		on := func(a reply) (to string, chosen bool) {
			for _, l := range a.find("ul", "facet") {
				for _, link := range under(l, "a") {
					if strings.Contains(read(link), "taken back or gone") {
						return value(link, "href"), value(link, "aria-current") == "true"
					}
				}
			}
			return "", false
		}
		to, chosen := on(anna.get(asks("raft")))
		if to != asks("raft is:removed") || chosen {
			t.Errorf("it leads to %s, chosen %v", to, chosen)
		}
		to, chosen = on(anna.get(to).is(200, "2 likes"))
		if to != asks("raft") || !chosen {
			t.Errorf("the way back is %s, chosen %v", to, chosen)
		}
	})
}

// TestOfManyGoneNotAllAreCounted, and the filter says so.
func TestOfManyGoneNotAllAreCounted(t *testing.T) {
	w := seeded(t, memory.New())
	var ids []string
	list := likes("anna", "github", "m", 1)
	for i := range likesCount + 5 {
		one := list[0]
		one.ID = "m" + strconv.Itoa(i)
		ids = append(ids, one.ID)
		list = append(list, one)
	}
	n := w.network("anna", "github", "many", list...)
	w.gone(n.ID, ids...)
	w.as("anna").get("/").is(200, "taken back or gone at least 1,000")
}

// prunedLog is a log that is not kept as far back as anybody asks.
type prunedLog struct{ store.Store }

func (prunedLog) Changes(context.Context, string, int64, int) ([]store.Change, error) {
	return nil, store.ErrGone
}
