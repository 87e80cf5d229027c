package page_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"collector/web/page"
	"collector/web/page/pagetest"
)

// TestTheAnswerComesFirst holds the sentences that a page begins with to the voice.
func TestTheAnswerComesFirst(t *testing.T) {
	some, well, none := pagetest.Accounts(), pagetest.AllWell(), page.Accounts{}
	two := pagetest.Accounts()
	two.List = append(two.List, two.List[4])
	for _, c := range []struct{ got, want string }{
		{some.Heading(), "One account needs you"},
		{two.Heading(), "Two accounts need you"},
		{well.Heading(), "All is looked after"},
		{none.Heading(), "Nothing is connected yet"},
		{some.Lead(), "Of the other lists two are up to date, one is collecting its history, one waits for its limit and one you paused."},
		{well.Lead(), "Of your lists two are up to date, one is collecting its history, one waits for its limit and one you paused."},
		{pagetest.Likes(6).Heading(), "4,737 likes"},
		{pagetest.Demo().Heading(), "4,737 simulated likes"},
		{pagetest.Search().Lead(), "14 ms · best match first"},
		{pagetest.Nothing().Lead(), "14 ms"},
		{page.Likes{Order: "newest first"}.Lead(), "newest first"},
		{pagetest.Search().FiltersOn(), "Filters · 2 on"},
		{page.Likes{Found: 10000, More: true}.Heading(), "More than 10,000 likes"},
		{page.Likes{Found: 1}.Heading(), "1 like"},
		{page.Jobs{Match: 1}.MatchWords() + " " + page.Jobs{Match: 1}.Verb(), "1 matches"},
		{page.Jobs{Match: 10000, More: true}.MatchWords(), "more than 10,000"},
		{page.Jobs{Match: 1, Part: true}.MatchWords() + " " + page.Jobs{Match: 1, Part: true}.Verb(), "at least 1 match"},
		{page.Jobs{Part: true}.MatchWords() + " " + page.Jobs{Part: true}.Verb(), "none of the newest match"},
		{page.Jobs{Match: 3}.AllWords(), "all 3 that match"},
		{page.Jobs{Match: 3, Part: true}.AllWords(), "all that match"},
		{page.Quote("  Short\nwords. "), "“Short words.”"},
		{page.Quote(strings.Repeat("sixteen letters ", 9)), "“sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters sixteen letters…”"},
		{page.Quote(""), "(without words)"},
		{pagetest.Likes(6).Groups[1].Likes[0].Gone.Pill.Text, "Gone upstream since 1 Nov"},
		{pagetest.Likes(6).Groups[1].Likes[1].Gone.Kept, "You removed this favourite."},
		{page.Device{Code: "W4KT-9XB2"}.Spelled(), "W 4 K T, 9 X B 2"},
	} {
		if c.got != c.want {
			t.Errorf("got  %q\nwant %q", c.got, c.want)
		}
	}
}

// TestOrderOfAccounts puts first what needs somebody.
func TestOrderOfAccounts(t *testing.T) {
	var got []string
	for _, a := range pagetest.Accounts().Ordered() {
		got = append(got, a.Service.Name)
	}
	if s := strings.Join(got, " "); s != "stackexchange reddit mastodon github bluesky" {
		t.Errorf("the order is %s", s)
	}
}

// TestBeat looks at the heartbeat in words and shapes.
func TestBeat(t *testing.T) {
	b := page.Beat{page.RunOK, page.RunWaited, page.RunFailed}
	if b.Label() != "1 of the last 3 runs ok, 1 waited, 1 failed" {
		t.Errorf("%q", b.Label())
	}
	if n := len(b.Marks()); n != 21 { // the failed one is in two
		t.Errorf("%d shapes, want 21", n)
	}
	if got := (page.Beat{}).Label(); got != "No run yet" {
		t.Error(got)
	}
	long := make(page.Beat, 50)
	for i := range long {
		long[i] = page.RunOK
	}
	if long.Label() != "20 of the last 20 runs ok" {
		t.Error(long.Label())
	}
}

// TestQuotaIsWhatIsLeft as a battery is filled.
func TestQuotaIsWhatIsLeft(t *testing.T) {
	for _, c := range []struct {
		q    page.Quota
		want string
		low  bool
	}{
		{page.Quota{Left: 2386, Of: 5000}, "47.7", false},
		{page.Quota{Left: 0, Of: 300}, "0.0", true},
		{page.Quota{Left: 29, Of: 300}, "9.7", true},
		{page.Quota{Left: 30, Of: 300}, "10.0", false},
		{page.Quota{Left: 400, Of: 300}, "100.0", false},
		{page.Quota{}, "0", false},
	} {
		if c.q.Percent() != c.want || c.q.Low() != c.low {
			t.Errorf("%+v: %s, low %v", c.q, c.q.Percent(), c.q.Low())
		}
	}
}

// TestMark shows what is marked in brackets.
func TestMark(t *testing.T) {
	for _, c := range []struct {
		text string
		hits [][2]int
		want string
	}{
		{"The Raft paper, raft", [][2]int{{4, 8}, {16, 20}}, "The [Raft] paper, [raft]"},
		{"go-go", [][2]int{{0, 2}, {3, 5}}, "[go]-[go]"},
		{"nothing", nil, "nothing"},
		{"", nil, ""},
	} {
		var b strings.Builder
		for _, p := range page.Mark(c.text, c.hits) {
			if p.Text == "" {
				t.Errorf("%q: an empty piece", c.text)
			}
			if p.Hit {
				b.WriteString("[" + p.Text + "]")
			} else {
				b.WriteString(p.Text)
			}
		}
		if b.String() != c.want {
			t.Errorf("%v in %q: %q, want %q", c.hits, c.text, b.String(), c.want)
		}
	}
}

// TestThemeGoesRound and believes no cookie.
func TestThemeGoesRound(t *testing.T) {
	f := page.Frame{}
	var seen []string
	for range 4 {
		seen = append(seen, string(f.ThemeValue()))
		f.Theme = f.NextTheme()
	}
	if s := strings.Join(seen, ","); s != ",dark,light," {
		t.Errorf("the themes are %s", s)
	}
	if got := (page.Frame{Theme: `dark" x="`}).ThemeValue(); got != page.System {
		t.Errorf("a theme %q", got)
	}
}

// TestClocksNameTheirZone also where the machine's own has no name.
func TestClocksNameTheirZone(t *testing.T) {
	for _, c := range []struct {
		now  time.Time
		want string
	}{
		{pagetest.Now(), "Europe/Lisbon"},
		{time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC), "UTC"},
		{time.Date(2026, 11, 22, 14, 0, 0, 0, time.FixedZone("", -12600)), "UTC-03:30"},
		{time.Date(2026, 11, 22, 14, 0, 0, 0, time.Local), time.Date(2026, 11, 22, 14, 0, 0, 0, time.Local).Format("UTC-07:00")},
	} {
		if got := (page.Frame{Now: c.now}).Zone(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestManyListsAreSaidToBeMore: where not all are shown, the sentences are about all.
func TestManyListsAreSaidToBeMore(t *testing.T) {
	a := pagetest.AllWell()
	a.NeedsYou, a.Unlisted = 70, 12480
	if got := a.Heading(); got != "70 accounts need you" {
		t.Error(got)
	}
	if got := a.Lead(); got != "12,480 more lists are not shown." {
		t.Error(got)
	}
}

// TestLastRunIsNotDenied where it is known of runs that they were, and not what they did.
func TestLastRunIsNotDenied(t *testing.T) {
	v := pagetest.Network()
	v.Steps = nil
	for i := range v.Runs {
		v.Runs[i].To = ""
	}
	d := draw(t, renderer(t), v)
	if strings.Contains(d.html, "No run yet") || !strings.Contains(d.html, "14:48") {
		t.Error("a network that has run is said not to have")
	}
	for _, n := range d.all("a") {
		if value(n, "href") == "#" {
			t.Errorf("a link that leads nowhere: %q", text(n))
		}
	}
}

// TestNumbersOfFiltersSayWhatTheyAreOf where not all likes were counted, and only there.
func TestNumbersOfFiltersSayWhatTheyAreOf(t *testing.T) {
	v := pagetest.Likes(2)
	const said = "Counted among the newest 5,000."
	if strings.Contains(draw(t, renderer(t), v).html, "Counted among") {
		t.Error("all were counted, and it says otherwise")
	}
	v.Counted = 5000
	if !strings.Contains(draw(t, renderer(t), v).html, said) {
		t.Error("numbers of a part look like those of all")
	}
}

// TestTextsTurnByThemselves: a like in Hebrew or Arabic reads from right to left, and turns nothing else.
func TestTextsTurnByThemselves(t *testing.T) {
	v := pagetest.Likes(2)
	d := draw(t, renderer(t), v)
	n := 0
	for _, e := range d.nodes {
		inLike := false
		for a := range e.Ancestors() {
			inLike = inLike || strings.HasPrefix(value(a, "class"), "like")
		}
		if inLike && (e.Data == "h3" || value(e, "class") == "txt") {
			n++
			if value(e, "dir") != "auto" {
				t.Errorf("the %s %q has no direction of its own", e.Data, text(e))
			}
		}
	}
	if n < 4 {
		t.Errorf("only %d texts", n)
	}
}

// TestPathsKeepNames apart from the path that they stand in.
func TestPathsKeepNames(t *testing.T) {
	for _, c := range []struct{ got, want page.Path }{
		{page.NetworkPath("mastodon", "@o@hach.im"), "/accounts/mastodon/@o@hach.im"},
		{page.NetworkPath("reddit", "u/../x"), "/accounts/reddit/u%2F..%2Fx"},
		{page.SearchPath("raft lang:go"), "/?q=raft+lang%3Ago"},
		{page.SearchPath(""), "/"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

// TestUnknownIconIsAMistake of the one who fills the view, and nothing is sent.
func TestUnknownIconIsAMistake(t *testing.T) {
	v := pagetest.Activity()
	v.Events[0].Icon = ""
	if d := draw(t, renderer(t), v); !strings.Contains(d.html, ">u/mosslamp</a>") {
		t.Error("an event without an icon is not drawn")
	}
	v.Events[0].Icon = "no-such"
	var b bytes.Buffer
	if err := renderer(t).Render(&b, v); err == nil || b.Len() != 0 {
		t.Errorf("%v, %d bytes", err, b.Len())
	}
}

// TestEveryClassHasAStyle finds words of the templates that the style sheet forgot.
func TestEveryClassHasAStyle(t *testing.T) {
	sheet, err := os.ReadFile(filepath.Join("static", "style.css"))
	if err != nil {
		t.Fatal(err)
	}
	// Names for tests and scripts, and states whose look is the plain one.
	plain := map[string]bool{"off": true, "c1": true, "ok": true, "why": true, "beat": true, "acts": true}
	eachPage(t, func(t *testing.T, p pagetest.Page, d document) {
		for _, n := range d.nodes {
			for _, class := range strings.Fields(value(n, "class")) {
				if !plain[class] && !regexp.MustCompile(`\.`+regexp.QuoteMeta(class)+`\b`).Match(sheet) {
					t.Errorf("the style sheet has no %q", class)
				}
			}
		}
	})
}
