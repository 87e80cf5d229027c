package site

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"collector/grant"
	"collector/item"
	"collector/state"
	"collector/store"
	"collector/store/memory"
)

// asks is a search as an address.
func asks(query string) string { return "/?q=" + url.QueryEscape(query) }

// TestLikes are listed under their months with what they are, and what narrows them.
func TestLikes(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b := w.as("anna")
		a := b.get("/").is(200, "5 likes", "newest first", "November 2026", "raft annas 1", "starred", "favourited", "#db", "GitHub stars", "Mastodon favourites", "2026", "Save as feed", "JSON Lines", "!Read as", "!of 5")
		if n := len(a.find("li", "like")); n != 5 {
			t.Errorf("%d likes", n)
		}
		b.get(asks("raft in:github")).is(200, "Read as: the word raft , of GitHub stars .", "3 likes", "best match first", "Newest first", "of GitHub stars remove this filter")
		b.get(asks("raft in:github")+"&sort=newest").is(200, "3 likes", "newest first", "November 2026")
		if a := b.get(asks("raft")); len(a.all("mark")) != 5 {
			t.Errorf("%d hits are marked", len(a.all("mark")))
		}
		b.get(asks("liked:2025")).is(200, "Nothing matches liked:2025 .", "Read as: liked in 2025 .")
		b.get(asks(strings.Repeat("x", mostQuery+1))).is(422, "longer than 4,000 bytes")
		b.get("/?after=nonsense").is(422, "search again")
		reader := w.as("anna", grant.Read)
		reader.get(asks("raft")).is(200, "5 likes", "!Save as feed", "Export")
	})
}

// TestHitsAreMarked as they are found: without regard to case and accents, whole words alone.
func TestHitsAreMarked(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		spanish := likes("anna", "youtube", "café", 1)
		spanish[0].Title, spanish[0].Text = "Cafés, Café y más", ""
		w.network("anna", "youtube", "tube", spanish...)
		b := w.as("anna")
		for query, want := range map[string][]string{
			"cafe": {"Café"}, "café": {"Café"}, "caf*": {"Cafés", "Café"}, `"cafés cafe"`: {"Cafés, Café"}, "más -raft": {"más"}, "by:café": nil,
		} {
			var got []string
			for _, m := range b.get(asks(query)).all("mark") {
				got = append(got, read(m))
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %q are marked, want %q", query, got, want)
			}
		}
	})
}

// TestFarIntoATextIsShown: of a long text a page shows the part in which the first hit is,
// unless its beginning or the title have one.
func TestFarIntoATextIsShown(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		long := likes("anna", "youtube", "long", 3)
		before, behind := strings.Repeat("käse and bread ", 200), strings.Repeat(" and so on", 200)
		for i, text := range []string{before + "the pangolin sleeps" + behind, "pangolin " + before + "pangolin", before + "pangolin"} {
			long[i].Title, long[i].Text = fmt.Sprintf("story %d", i), text
		}
		long[2].Title = "the other pangolin"
		w.network("anna", "youtube", "tube", long...)
		b := w.as("anna")
		a := b.get(asks("pangolin")).is(200, "…käse and bread", "the pangolin sleeps and so on", "pangolin käse")
		if n := len(a.all("mark")); n != 3 {
			t.Errorf("%d hits are marked, want one of each text: %s", n, a.text())
		}
		for _, query := range []string{"story", "in:youtube", ""} {
			b.get(asks(query)).is(200, "!pangolin sleeps")
		}
	})
}

// TestFarIntoATextWithoutATitleIsShown: of what has no title a part as long as one is shown.
func TestFarIntoATextWithoutATitleIsShown(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		toots := likes("anna", "youtube", "toot", 2)
		for i, before := range []string{strings.Repeat("käse and bread ", 14), strings.Repeat("käse and bread ", 200)} {
			toots[i].Title, toots[i].Text = "", before+"the pangolin sleeps well and so on"
		}
		w.network("anna", "youtube", "tube", toots...)
		a := w.as("anna").get(asks(`"pangolin sleeps"`)).is(200, "“…", "the pangolin sleeps well and so on”")
		if n := len(a.all("mark")); n != 2 {
			t.Errorf("%d hits are marked, want one of each text: %s", n, a.text())
		}
	})
}

// uncounted is a store that counts nothing among the newest likes, and looks at no others.
type uncounted struct{ store.Store }

func (uncounted) Facets(context.Context, store.Query, int) (store.Facets, error) {
	return store.Facets{Since: noon}, nil
}

// TestTheNumberIsThatOfWhatIsShown: where the counts are of the newest likes alone the page that
// has all hits knows how many there are.
func TestTheNumberIsThatOfWhatIsShown(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b := w.as("anna")
		w.panel.Store = uncounted{w.store}
		shown := len(b.get(asks("raft")).find("li", "like"))
		if shown < 2 {
			t.Fatalf("%d likes", shown)
		}
		b.get(asks("raft")).is(200, fmt.Sprintf("%d likes", shown), "!More than")
		b.get(asks("nowhere")).is(200, "Nothing matches", "!More than")
	})
}

// TestFilters: each leads to as many likes as it says, and one that is on leads back.
func TestFilters(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		odd := likes("anna", "youtube", "odd", 3)
		odd[0].Tags, odd[0].Language, odd[0].LikedAt = []string{`two words`, `c++`, `a"b`, "(x"}, "C", noon.AddDate(-2, 0, 0)
		w.network("anna", "youtube", "tube", odd...)
		b := w.as("anna")
		chosen := 0
		for _, query := range []string{"", "raft", "odd or annas", "in:github raft"} {
			for _, link := range b.get(asks(query)).find("ul", "facet") {
				for _, to := range under(link, "a") {
					spans := under(to, "span")
					n := read(spans[len(spans)-1])
					if n == "" || value(to, "aria-current") != "" {
						continue
					}
					a := b.get(value(to, "href"))
					if got := fmt.Sprint(len(a.find("li", "like"))); got != n {
						t.Errorf("%q narrowed by %q finds %s, not %s", query, read(to), got, n)
					}
					chosen++
				}
			}
		}
		if chosen < 20 {
			t.Errorf("only %d filters were chosen", chosen)
		}
		a := b.get(asks("raft in:github lang:go -in:reddit"))
		pills := a.find("a", "pill")
		var to []string
		for _, p := range pills {
			to = append(to, value(p, "href"))
		}
		want := []string{asks("raft lang:go -in:reddit"), asks("raft in:github -in:reddit"), asks("raft in:github lang:go")}
		if !slices.Equal(to, want) {
			t.Errorf("filters lead to %q", to)
		}
		on := a.find("a", "")
		found := false
		for _, x := range on {
			if value(x, "aria-current") == "true" && strings.Contains(read(x), "GitHub stars") {
				found = value(x, "href") == asks("raft lang:go -in:reddit")
			}
		}
		if !found {
			t.Error("the filter that is on does not lead back")
		}
	})
}

// TestFiltersAreComparedAsTheSearchDoes: one that was typed in other letters is on, and leads back.
func TestFiltersAreComparedAsTheSearchDoes(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b := w.as("anna")
		for query, facet := range map[string]string{"lang:go": "Go 5", "LANG:GO": "Go 5", "IN:GitHub": "GitHub stars 3", "#DB": "#db 5", "liked:2026-01..2026-12": "2026 5"} {
			var on []string
			for _, list := range b.get(asks("raft "+query)).is(200).find("ul", "facet") {
				for _, a := range under(list, "a") {
					if value(a, "aria-current") == "true" && value(a, "href") == asks("raft") {
						on = append(on, read(a))
					}
				}
			}
			if len(on) != 1 || !strings.HasSuffix(on[0], facet) {
				t.Errorf("%s: %q are on, want %s", query, on, facet)
			}
		}
		a := b.get(asks("raft lang:go lang:Go"))
		for _, pill := range a.find("a", "pill") { // both ask for the same
			if to := value(pill, "href"); to != asks("raft") {
				t.Errorf("without the language it leads to %s", to)
			}
		}
	})
}

// TestMistakesInPlace: the rest is searched, and of nothing that is understood nothing is.
func TestMistakesInPlace(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b := w.as("anna")
		a := b.get(asks("raft liked:>20x6")).is(200, "A part of this could not be read", "5 likes", "This is no time", "!Save as feed", "!Export")
		if u := a.all("u"); len(u) != 1 || read(u[0]) != "liked:>20x6" {
			t.Errorf("the mistake is %v", u)
		}
		b.get(asks("liked:x")).is(200, "Nothing of this could be read, so nothing was searched.", "!raft annas")
		b.get(asks("é(")).is(200, "never closed", "!Save as feed", "!Export")
		b.get(asks("raft")).is(200, "Save as feed", "Export")
		w.as("anna", grant.Read).get(asks("raft")).is(200, "!Save as feed", "Export")
		b.get(asks("raft lang:zig")).is(200, "Nothing matches raft lang:zig . Without lang:zig there are 5.")
	})
}

// TestPages: going on and back lists each like once, and says which these are.
func TestPages(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		var many []item.Item
		for i := range 120 {
			many = append(many, item.Item{ID: fmt.Sprint(i), URL: "https://a.example/" + fmt.Sprint(i), Title: fmt.Sprintf("garden-%d-", i), LikedAt: noon.Add(-time.Duration(i) * 24 * time.Hour), LikedFrom: item.FromAPI})
		}
		w.network("carl", "github", "carl", many...)
		b := w.as("carl")
		for _, start := range []string{"/", asks("garden"), asks("garden") + "&sort=newest"} {
			seen := map[string]int{}
			var shown, back []string
			at := start
			for at != "" {
				a := b.get(at)
				for _, like := range a.find("li", "like") {
					seen[read(under(like, "h3")[0])]++
				}
				shown = append(shown, read(a.find("nav", "pages")[0]))
				at = a.pageLink("next")
				if at == "" {
					for to := a.pageLink("previous"); to != ""; {
						a = b.get(to)
						back = append(back, read(a.find("nav", "pages")[0]))
						to = a.pageLink("previous")
					}
				}
			}
			if len(seen) != 120 || len(shown) != 3 {
				t.Errorf("%s: %d likes on %d pages", start, len(seen), len(shown))
			}
			for title, n := range seen {
				if n != 1 {
					t.Errorf("%s: %s is listed %d times", start, title, n)
				}
			}
			for i, want := range []string{"1–50 of 120", "51–100 of 120", "101–120 of 120"} {
				if !strings.HasPrefix(shown[i], want) {
					t.Errorf("%s: page %d is %q", start, i, shown[i])
				}
			}
			if want := []string{shown[1], shown[0]}; !slices.Equal(back, want) {
				t.Errorf("%s: going back shows %q, want %q", start, back, want)
			}
		}
	})
}

// TestGoneLikesAreKept, marked, and found by those who ask for them.
func TestGoneLikesAreKept(t *testing.T) {
	st := memory.New()
	w := newWorld(t, st)
	for because, want := range map[string]string{
		"unliked": "Taken back on 20 Nov You removed this star.", "gone": "Gone upstream since 20 Nov The copy here stays.",
		"hidden": "Hidden at the service since 20 Nov", "unknown": "No longer in the list since 20 Nov", "": "No longer in the list since 20 Nov",
	} {
		v := &visit{site: &site{Config: w.config}, now: noon}
		g := v.like(store.Liked{Service: "github", RemovedAt: noon.AddDate(0, 0, -2), RemovedBecause: because}, nil).Gone
		if g == nil || !strings.HasPrefix(g.Pill.Text+" "+g.Kept, want) {
			t.Errorf("%q: %+v", because, g)
		}
	}
	stores(t, func(t *testing.T, w *world) {
		w.gone("anna-github-anna-hub", "1")
		b := w.as("anna")
		b.get("/").is(200, "4 likes", "!raft annas 1 starred")
		b.get(asks("is:removed")).is(200, "1 like", "raft annas 1", "Taken back on 22 Nov", "You removed this star.", "Read as: taken back or gone .")
	})
}

// TestFirstRun leads to where something is connected, or to the demo.
func TestFirstRun(t *testing.T) {
	w := newWorld(t, memory.New())
	a := w.as("anna").get("/").is(200, "No likes yet, because nothing is connected", "Connect a service", "Look around with simulated data")
	if !strings.Contains(a.body, `href="/connect"`) || !strings.Contains(a.body, `href="/help#demo"`) {
		t.Error(a.body)
	}
	w.network("anna", "github", "anna")
	w.as("anna").get("/").is(200, "Nothing has come in yet", "!nothing is connected")
	w.as("bob").get("/").is(200, "nothing is connected")
	w.as("").get("/").is(200, "!nothing is connected")
	w.panel.Simulated = true
	w.as("bob").get("/").is(200, "nothing is connected", "!Look around with simulated data")
}

// TestLikesOfAnEndedList are there, although nothing counts them any more.
func TestLikesOfAnEndedList(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		for _, id := range []string{"anna-github-anna-hub", "anna-mastodon-@anna@social.example"} {
			_, err := w.store.RemoveNetwork(t.Context(), id, false)
			w.must(err)
		}
		w.as("anna").get("/").is(200, "5 likes", "raft annas 1", "!nothing is connected")
	})
}

// TestAPageThatIsEmptyByNow: where nothing follows any more, no numbers are made up.
func TestAPageThatIsEmptyByNow(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		var many []item.Item
		for i := range likesPage + 1 {
			many = append(many, item.Item{ID: fmt.Sprint(i), URL: "https://a.example/", Title: "x", LikedAt: noon.Add(-time.Duration(i) * time.Hour), LikedFrom: item.FromAPI})
		}
		n := w.network("carl", "github", "carl", many...)
		b := w.as("carl")
		second := b.get("/").pageLink("next")
		b.get(second).is(200, "51–51 of 51")
		w.gone(n.ID, fmt.Sprint(likesPage))
		if a := b.get(second+"&q=-is:removed").is(200, "No more likes follow here.", "!51–50"); a.pageLink("previous") == "" {
			t.Error("nothing leads back")
		}
	})
}

// bounded is a store that refuses what grows with what is in it.
type bounded struct {
	store.Store
	t        *testing.T
	searches int
}

func (s *bounded) Each(context.Context, store.Query, func(store.Liked) error) error {
	s.t.Error("a page reads everything")
	return nil
}

func (s *bounded) Search(ctx context.Context, q store.Query) (store.Result, error) {
	s.searches++
	if q.Limit < 1 || q.Limit > likesPage {
		s.t.Errorf("a page asks for %d likes", q.Limit)
	}
	return s.Store.Search(ctx, q)
}

func (s *bounded) Facets(ctx context.Context, q store.Query, most int) (store.Facets, error) {
	if most < 1 || most > likesCount {
		s.t.Errorf("a page counts %d likes", most)
	}
	return s.Store.Facets(ctx, q, most)
}

func (s *bounded) LikeDays(ctx context.Context, user string, from, until time.Time, most int) (store.Days, error) {
	if most < 1 || most > likesDrawn || from.Before(noon.AddDate(-2, 0, 0)) {
		s.t.Errorf("a page counts %d likes since %s", most, from)
	}
	return s.Store.LikeDays(ctx, user, from, until, most)
}

func (s *bounded) Networks(ctx context.Context, f store.Filter) ([]state.Network, error) {
	if f.Account == "" && f.Limit == 0 {
		s.t.Error("a page reads all networks, of a user or of all")
	}
	return s.Store.Networks(ctx, f)
}

// TestAPageAsksForAPage, whatever there is.
func TestAPageAsksForAPage(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		st := &bounded{Store: w.store, t: t}
		w.panel.Store = st
		for _, user := range []string{"anna", ""} {
			for _, path := range []string{"/", asks("raft"), asks("nothing at all"), asks("is:removed"), "/connect", "/activity", "/settings", "/help"} {
				w.as(user).get(path).is(200)
			}
		}
		if st.searches < 8 {
			t.Errorf("%d searches", st.searches)
		}
	})
}

// hostile is what a service may say.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' autofocus onfocus='alert(1)`, `</title><script>alert(1)</script>`,
	`<svg/onload=alert(1)>`, `javascript:alert(1)`, `//evil.example/x`, `{{.Now}}`, `&lt;script&gt;`, "a\x00b<b>", "\u202egnp.exe", "\u2028<b>", "line\r\n<p>x",
	strings.Repeat("<b>", 3000), `data:text/html,<script>alert(1)</script>`, `https://user@evil.example/`,
}

// TestNothingOfAServiceBecomesMarkup: what is in the store in all texts of a like, an
// account and a search changes no element of the page, and leads nowhere but to the web.
func TestNothingOfAServiceBecomesMarkup(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		draw := func(user, text, address string) reply {
			it := item.Item{
				ID: "1", URL: address, Kind: text, Title: text, Text: text, Author: item.Author{Name: text, URL: text, Avatar: text}, Image: text,
				Language: "Go", Tags: []string{"db"}, LikedAt: noon, LikedFrom: item.FromAPI,
			}
			w.network(user, "github", text, it)
			b := w.as(user)
			if a := b.post("/searches", "do", "save", "q", "", "name", "x"); a.status != 303 {
				t.Fatal(a.status, a.text())
			}
			return b.get("/")
		}
		want := shape(draw("plain", "x", "https://a.example/"))
		for i, evil := range hostile {
			user := fmt.Sprintf("user%d", i)
			a := draw(user, evil, "https://a.example/")
			if got := shape(a); !slices.Equal(got, want) {
				t.Errorf("%.50q changes the page: %d elements, want %d", evil, len(got), len(want))
			}
			if strings.Contains(a.text(), "\u202e") || strings.Contains(a.body, "\x00") {
				t.Errorf("%.50q turns the text around", evil)
			}
			for _, link := range w.as(user).get(asks(evil)).all("a") {
				if to := value(link, "href"); !strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "#") && to != "https://a.example/" || strings.HasPrefix(to, "//") {
					t.Errorf("%.50q: a link leads to %q", evil, to)
				}
			}
			other := fmt.Sprintf("other%d", i)
			if a := draw(other, "x", evil); len(a.find("li", "like")) == 1 {
				for _, link := range under(a.find("li", "like")[0], "h3") {
					if to := under(link, "a"); len(to) > 0 {
						t.Errorf("%.50q is a link: %q", evil, value(to[0], "href"))
					}
				}
			}
		}
	})
}

// shape is a page without its words and addresses.
func shape(a reply) []string {
	var out []string
	for n := range a.doc().Descendants() {
		if n.Type == html.ElementNode {
			var keys []string
			for _, at := range n.Attr {
				keys = append(keys, at.Key)
			}
			out = append(out, n.Data+" "+strings.Join(keys, " "))
		}
	}
	return out
}

// TestServicesHaveFaces: each has two letters, a verb and a title.
func TestServicesHaveFaces(t *testing.T) {
	w := newWorld(t, memory.New())
	s := &site{Config: w.config}
	for name, want := range map[string]string{
		"github": "GH starred star", "youtube": "YT liked like", "stackexchange": "SE favourited favourite", "mastodon": "Ma favourited favourite",
		"twitter-bookmarks": "X bookmarked bookmark", "reddit-upvoted": "Re upvoted upvote", "lastfm": "La loved loved track", "forem": "de saved saved entry",
		"huggingface": "HF liked like", "unheard-of": "un liked like",
	} {
		face, did := s.service(name), s.verb(name)
		if got := face.Short + " " + did.did + " " + did.noun; got != want || face.Title == "" || face.Tint < 1 || face.Tint > tints {
			t.Errorf("%s: %q %+v", name, got, face)
		}
	}
	tint := map[string]int{}
	used := map[int]bool{}
	for _, c := range w.panel.Connectors {
		in := c.Info()
		is := s.service(in.Name).Tint
		if was, ok := tint[in.Provider]; ok && was != is {
			t.Errorf("%s has the tints %d and %d", in.Provider, was, is)
		}
		tint[in.Provider], used[is] = is, true
	}
	if len(used) != tints || tint["github"] == 0 {
		t.Errorf("the tints %v are used of %d", used, tints)
	}
}
