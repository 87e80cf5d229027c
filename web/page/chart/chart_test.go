package chart_test

import (
	"encoding/xml"
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"collector/web/page/chart"
)

var now = time.Date(2026, 11, 22, 14, 56, 0, 0, time.UTC)

// drawing is what a parser finds in a chart.
type drawing struct {
	nodes []*html.Node
	text  string
}

func draw(t *testing.T, h template.HTML, err error) drawing {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(strings.NewReader(string(h)))
	if err != nil {
		t.Fatal(err)
	}
	var d drawing
	for n := range root.Descendants() {
		switch n.Type {
		case html.ElementNode:
			d.nodes = append(d.nodes, n)
		case html.TextNode:
			d.text += n.Data
		}
	}
	return d
}

// all returns the elements of a name, with a class where one is given.
func (d drawing) all(name, class string) []*html.Node {
	var out []*html.Node
	for _, n := range d.nodes {
		if n.Data == name && (class == "" || attr(n, "class") == class) {
			out = append(out, n)
		}
	}
	return out
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func percent(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func bars() chart.Bars {
	b := chart.Bars{First: time.Date(2025, 10, 1, 0, 0, 0, 0, time.UTC)}
	for i, name := range []string{"GitHub", "Mastodon", "Reddit"} {
		s := chart.Series{Name: name, Class: "c" + strconv.Itoa(i+1)}
		for m := range 12 {
			s.N = append(s.N, (m*7+i*5)%20)
		}
		b.Series = append(b.Series, s)
	}
	return b
}

// TestBarsShowTheNumbers reads heights back: each piece is as high as its number
// says, stands on the one below it, and stays inside.
func TestBarsShowTheNumbers(t *testing.T) {
	b := bars()
	h, err := b.HTML()
	d := draw(t, h, err)
	columns := d.all("g", "")
	if len(columns) != 12 {
		t.Fatalf("%d columns, want 12", len(columns))
	}
	scale := percent(t, strings.ReplaceAll(firstSpan(d), ",", ""))
	for m, g := range columns {
		var rects []*html.Node
		for c := range g.ChildNodes() {
			if c.Data == "rect" {
				rects = append(rects, c)
			}
		}
		base := 100.0
		for _, r := range rects {
			y, height := percent(t, attr(r, "y")), percent(t, attr(r, "height"))
			if bottom := y + height; bottom-base > .03 || base-bottom > .03 {
				t.Errorf("month %d: a piece ends at %.2f, the one below begins at %.2f", m, bottom, base)
			}
			series := b.Series[int(attr(r, "class")[1]-'1')]
			want := float64(series.N[m]) / scale * 100
			if full := base - y; full > want+.03 || full < want*.5-.03 {
				t.Errorf("month %d %s: %.2f high, want %.2f less its gap", m, series.Name, full, want)
			}
			base -= want
		}
		if base < -.03 {
			t.Errorf("month %d is higher than the chart: %.2f", m, base)
		}
	}
}

func firstSpan(d drawing) string {
	return d.all("span", "")[0].FirstChild.Data
}

func TestBarsSayTheFinding(t *testing.T) {
	b := bars()
	h, err := b.HTML()
	d := draw(t, h, err)
	want := fmt.Sprintf("%d likes in one year. The most in May 2026; this month 26 so far.", b.Total())
	if !strings.Contains(d.text, want) {
		t.Errorf("no %q in %q", want, d.text)
	}
	if got := attr(d.all("svg", "")[0], "aria-label"); got != "Likes by month and service, October 2025 to September 2026" {
		t.Errorf("the drawing is called %q", got)
	}
}

// TestBarsOfWeeksAndDays say what their columns are.
func TestBarsOfWeeksAndDays(t *testing.T) {
	for unit, want := range map[chart.Unit][2]string{
		chart.Week: {"in twelve weeks. The most in the week of 16 Nov 2026; this week 26 so far. And more.", "Likes by week and service, 28 September 2026 to 14 December 2026"},
		chart.Day:  {"in twelve days. The most on 6 Oct 2026; today 26 so far. And more.", "Likes by day and service, 29 September 2026 to 10 October 2026"},
	} {
		b := bars()
		b.Unit, b.First, b.Remark = unit, time.Date(2026, 9, 29, 0, 0, 0, 0, time.UTC), "And more."
		h, err := b.HTML()
		d := draw(t, h, err)
		if got := attr(d.all("svg", "")[0], "aria-label"); got != want[1] || !strings.Contains(d.text, want[0]) {
			t.Errorf("%q is not in %q, or %q is not %q", want[0], d.text, want[1], got)
		}
	}
}

// TestTheLongestUnitWins of which enough columns are whole.
func TestTheLongestUnitWins(t *testing.T) {
	day := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, time.UTC) }
	for since, want := range map[time.Time]struct {
		unit    chart.Unit
		first   time.Time
		columns int
	}{
		now.AddDate(-2, 0, 0): {chart.Month, time.Date(2024, 12, 1, 0, 0, 0, 0, time.UTC), 24},
		day(7, 1):             {chart.Month, day(7, 1), 5},
		day(7, 2):             {chart.Week, day(7, 6), 20},
		day(10, 19):           {chart.Week, day(10, 19), 5}, // a Monday
		day(10, 20):           {chart.Day, day(10, 20), 34},
		day(11, 22):           {chart.Day, day(11, 22), 1},
	} {
		unit, first := chart.Whole(since, since, now)
		if n := unit.Columns(first, now); unit != want.unit || !first.Equal(want.first) || n != want.columns {
			t.Errorf("since %s: %d columns of unit %d from %s, want %+v", since, n, unit, first, want)
		}
	}
	if unit, first := chart.Whole(day(1, 1), day(6, 17), now); unit != chart.Month || !first.Equal(day(6, 1)) {
		t.Errorf("all before the first like was counted: unit %d from %s, want the whole of June", unit, first)
	}
}

// TestColoursAreDistinct: two services may have the same tint, but not two pieces of a
// column.
func TestColoursAreDistinct(t *testing.T) {
	b := bars()
	for i := range b.Series {
		b.Series[i].Class = "c2"
	}
	h, err := b.HTML()
	d := draw(t, h, err)
	for _, class := range []string{"c1", "c2", "c3"} {
		if len(d.all("rect", class)) == 0 {
			t.Errorf("nothing is drawn in %s", class)
		}
	}
}

// TestSmallSeriesAreOther keeps a chart of many services readable.
func TestSmallSeriesAreOther(t *testing.T) {
	b := bars()
	for i := range 6 {
		b.Series = append(b.Series, chart.Series{Name: fmt.Sprint("small", i), Class: "c6", N: []int{1}})
	}
	h, err := b.HTML()
	d := draw(t, h, err)
	if !strings.Contains(d.text, "other 5") || strings.Contains(d.text, "small1") {
		t.Errorf("the keys: %q", d.text)
	}
}

// TestFewPointsAreASentence draws nothing of four points or none.
func TestFewPointsAreASentence(t *testing.T) {
	four := chart.Bars{First: now, Series: []chart.Series{{Name: "GitHub", Class: "c1", N: []int{1, 2, 3, 4}}}}
	for name, f := range map[string]func() (template.HTML, error){
		"bars": four.HTML, "no bars": chart.Bars{First: now}.HTML,
		"stair":    chart.Stair{Now: now, Of: 5, Unit: "calls", Windows: []chart.Window{{From: now, Until: now.Add(time.Hour)}}}.HTML,
		"no stair": chart.Stair{Now: now, Of: 5, Unit: "calls"}.HTML,
		"lag":      chart.Lag{From: now, Until: now, Median: []time.Duration{1}, Most: []time.Duration{2}}.HTML,
		"empty":    chart.Lag{}.HTML,
	} {
		h, err := f()
		d := draw(t, h, err)
		if len(d.all("svg", "")) != 0 || !strings.HasSuffix(strings.TrimSpace(d.text), ".") {
			t.Errorf("%s: %s", name, h)
		}
	}
}

// points reads a path of M and L.
func points(t *testing.T, d string) (xs, ys []float64) {
	t.Helper()
	for _, p := range strings.FieldsFunc(strings.TrimSuffix(d, "Z"), func(r rune) bool { return r == 'M' || r == 'L' }) {
		x, y, ok := strings.Cut(p, " ")
		if !ok {
			t.Fatalf("a point %q", p)
		}
		xs, ys = append(xs, percent(t, x)), append(ys, percent(t, y))
	}
	return xs, ys
}

func stair() chart.Stair {
	w := chart.Window{From: now.Add(-56 * time.Minute), Until: now.Add(4 * time.Minute)}
	for i, left := range []int{4999, 4939, 4520, 3880, 2386} {
		w.Uses = append(w.Uses, chart.Use{At: w.From.Add(time.Duration(i*10) * time.Minute), Left: left})
	}
	return chart.Stair{Windows: []chart.Window{w}, Now: now, Left: 2386, Of: 5000, Unit: "calls", Full: w.Until, Others: 2579, Held: 500, Remark: "As this process saw it."}
}

// TestStairFallsAndEndsNow reads the path back: it starts full, never rises, and
// ends now, not at the edge.
func TestStairFallsAndEndsNow(t *testing.T) {
	h, err := stair().HTML()
	d := draw(t, h, err)
	xs, ys := points(t, attr(d.all("path", "")[1], "d"))
	for i := range xs {
		if i > 0 && (xs[i] < xs[i-1] || ys[i] < ys[i-1] || xs[i] != xs[i-1] && ys[i] != ys[i-1]) {
			t.Errorf("the stair goes back or up, or is none, at %d: %v %v", i, xs, ys)
		}
	}
	if xs[0] != 0 || ys[0] != 0 || xs[len(xs)-1] != 93.33 || ys[len(ys)-1] != 52.28 {
		t.Errorf("from %v,%v to %v,%v", xs[0], ys[0], xs[len(xs)-1], ys[len(ys)-1])
	}
	band := d.all("rect", "band")[0]
	if percent(t, attr(band, "y"))+percent(t, attr(band, "height")) != 100 {
		t.Errorf("the band leaves the chart: %v", band.Attr)
	}
	const want = "2,386 of 5,000 calls left at 14:56, full again at 15:00. Of the 2,614 used, other programs with the same sign-in used at least 2,579. As this process saw it."
	if !strings.Contains(d.text, want) {
		t.Errorf("no %q in %q", want, d.text)
	}
	if got := attr(d.all("svg", "")[0], "aria-label"); got != "Calls left: between 14:00 and 15:00 from 5,000 down to 2,386" {
		t.Errorf("the drawing is called %q", got)
	}
}

// TestStairOfTwoWindows: what was before it was seen is not drawn, the window before falls
// to its end, and then all is there again.
func TestStairOfTwoWindows(t *testing.T) {
	s := stair()
	was := chart.Window{From: now.Add(-126 * time.Minute), Until: now.Add(-66 * time.Minute), Since: now.Add(-100 * time.Minute), Uses: []chart.Use{{At: now.Add(-100 * time.Minute), Left: 3000}, {At: now.Add(-80 * time.Minute), Left: 1000}}}
	s.Windows = append([]chart.Window{was}, s.Windows...)
	h, err := s.HTML()
	d := draw(t, h, err)
	xs, ys := points(t, attr(d.all("path", "")[1], "d"))
	wantX, wantY := []float64{20, 35.38, 35.38, 46.15, 46.15, 53.85}, []float64{40, 40, 80, 80, 0, 0}
	for i := range wantX {
		if xs[i] != wantX[i] || ys[i] != wantY[i] {
			t.Errorf("point %d is %v,%v, want %v,%v", i, xs[i], ys[i], wantX[i], wantY[i])
		}
	}
	if area := attr(d.all("path", "area")[0], "d"); !strings.HasPrefix(area, "M20 100L20 40L") || !strings.HasSuffix(area, "L96.92 100Z") {
		t.Errorf("the area is %q", area)
	}
	if got := attr(d.all("svg", "")[0], "aria-label"); got != "Calls left: between 13:16 and 13:50 from 3,000 down to 1,000, between 14:00 and 15:00 from 5,000 down to 2,386" {
		t.Errorf("the drawing is called %q", got)
	}
	if !strings.Contains(d.text, "12:50") {
		t.Errorf("the first hour is not named: %q", d.text)
	}
	s.Windows[1].Since, s.Windows[1].Uses = now, nil // another process opened it
	s.Windows[0].Uses = append(s.Windows[0].Uses, was.Uses[1], was.Uses[1], was.Uses[1])
	h, err = s.HTML()
	if xs, ys := points(t, attr(draw(t, h, err).all("path", "")[1], "d")); xs[len(xs)-1] != 46.15 || ys[len(ys)-1] != 0 {
		t.Errorf("a window of which nothing is known is drawn: %v %v", xs, ys)
	}
	s = stair()
	s.Windows[0].Until, s.Left, s.Full = now.Add(-5*time.Minute), 5000, time.Time{}
	h, err = s.HTML()
	if xs, ys := points(t, attr(draw(t, h, err).all("path", "")[1], "d")); xs[len(xs)-1] != 100 || ys[len(ys)-1] != 0 || ys[len(ys)-3] != 52.28 {
		t.Errorf("after its end a window is not full: %v %v", xs, ys)
	}
}

// TestStairSaysWhenThereIsMore in the words of its kind of window.
func TestStairSaysWhenThereIsMore(t *testing.T) {
	for want, change := range map[string]func(s *chart.Stair){
		"Core: 2,386 of 5,000 calls left at 14:56, full again tomorrow 08:00. Of": func(s *chart.Stair) { s.Name, s.Full = "Core", now.Add(17*time.Hour+4*time.Minute) },
		"left at 14:56, full again 1 Dec. Of":                                     func(s *chart.Stair) { s.Full = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) },
		"left at 14:56, more again at 15:01. As this process saw it.":             func(s *chart.Stair) { s.Full, s.More, s.Others = time.Time{}, now.Add(5*time.Minute), 0 },
		"left at 14:56, no call before 15:17. As this":                            func(s *chart.Stair) { s.Blocked = now.Add(21 * time.Minute) },
		"left at 14:56. As this":                                                  func(s *chart.Stair) { s.Full, s.Others = time.Time{}, 0 },
	} {
		s := stair()
		change(&s)
		h, err := s.HTML()
		if d := draw(t, h, err); !strings.Contains(d.text, want) {
			t.Errorf("no %q in %q", want, d.text)
		}
	}
}

func lag() chart.Lag {
	l := chart.Lag{From: now.Add(-time.Hour), Until: now, Runs: 4120, Half: 800 * time.Millisecond, Tail: 2400 * time.Millisecond, Target: 5 * time.Second, Remark: "The hump at 14:26 is host-c leaving."}
	for i := range 61 {
		d := time.Duration(700+i%5*50) * time.Millisecond
		l.Median, l.Most = append(l.Median, d), append(l.Most, 3*d)
	}
	l.Most[30] = 13 * time.Second
	return l
}

func TestLagShowsBothLinesAndTheTarget(t *testing.T) {
	h, err := lag().HTML()
	d := draw(t, h, err)
	_, most := points(t, attr(d.all("path", "two")[0], "d"))
	_, half := points(t, attr(d.all("path", "")[1], "d"))
	if len(most) != 61 || len(half) != 61 {
		t.Fatalf("%d and %d points, want 61", len(most), len(half))
	}
	for i := range most {
		if most[i] > half[i] || most[i] < 0 || half[i] > 100 {
			t.Errorf("point %d: 95 %% at %v, half at %v", i, most[i], half[i])
		}
	}
	if most[30] != 18.75 || attr(d.all("line", "goal")[0], "y1") != "68.75" { // of 16 s
		t.Errorf("the hump is at %v, the target at %s", most[30], attr(d.all("line", "goal")[0], "y1"))
	}
	const want = "Half of 4,120 runs started within 0.8 s of their time, 95 % within 2.4 s. The hump at 14:26 is host-c leaving."
	if !strings.Contains(d.text, want) {
		t.Errorf("no %q in %q", want, d.text)
	}
}

// TestLagLeavesOutWhenNoRunStarted: no line leads down to none, and what is left keeps its
// place.
func TestLagLeavesOutWhenNoRunStarted(t *testing.T) {
	l := lag()
	for i := range 10 {
		l.Median[i], l.Most[i] = -1, -1
	}
	l.Median[40], l.Most[40] = -1, -1
	h, err := l.HTML()
	xs, ys := points(t, attr(draw(t, h, err).all("path", "")[1], "d"))
	if len(xs) != 50 || xs[0] != 16.67 || xs[29] != 65 || xs[30] != 68.33 {
		t.Errorf("%d points: %v", len(xs), xs)
	}
	for i, y := range ys {
		if y > 97 {
			t.Errorf("point %d is at the bottom", i)
		}
	}
	for i := range l.Median {
		if i != 20 {
			l.Median[i], l.Most[i] = -1, -1
		}
	}
	h, err = l.HTML()
	if d := draw(t, h, err); len(d.all("svg", "")) != 0 {
		t.Errorf("one point is drawn: %s", h)
	}
}

// TestChartsAreTheSameEachTime and are well-formed, also as XML.
func TestChartsAreTheSameEachTime(t *testing.T) {
	for name, f := range map[string]func() (template.HTML, error){"bars": bars().HTML, "stair": stair().HTML, "lag": lag().HTML} {
		one, err := f()
		if err != nil {
			t.Fatal(err)
		}
		two, err := f()
		if err != nil || one != two {
			t.Errorf("%s differ: %v", name, err)
		}
		if strings.Contains(string(one), "style=") || strings.Contains(string(one), "NaN") || strings.Contains(string(one), "Inf") {
			t.Errorf("%s: %s", name, one)
		}
		var any struct {
			XMLName xml.Name
		}
		if err := xml.Unmarshal([]byte(one), &any); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNamesAreText gives the charts markup as words.
func TestNamesAreText(t *testing.T) {
	const evil = `"><script>alert(1)</script>`
	b := bars()
	b.Series[0].Name = evil
	l := lag()
	l.Remark = evil
	s := stair()
	s.Unit = evil
	for _, f := range []func() (template.HTML, error){b.HTML, l.HTML, s.HTML} {
		h, err := f()
		d := draw(t, h, err)
		if len(d.all("script", "")) != 0 || !strings.Contains(d.text, evil) {
			t.Errorf("%s", h)
		}
	}
}
