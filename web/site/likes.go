package site

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"collector/control"
	plain "collector/control/words"
	"collector/grant"
	"collector/search"
	"collector/search/saved"
	"collector/store"
	"collector/web/page"
	"collector/web/page/words"
)

const (
	likesPage  = 50    // likes of a page
	likesCount = 1_000 // that are counted for the filters, at most
	mostQuery  = 4_000 // bytes of a query

	windowShown = 80 // letters of a query in the title of the window
)

// likes lists what was liked.
func (s *site) likes() []route {
	return []route{{"GET /{$}", grant.Read, (*visit).likesPage}}
}

func (v *visit) likesPage() error {
	q, err := v.question()
	if err != nil {
		return err
	}
	return v.showLikes(q)
}

// question is a search as its address says it.
type question struct {
	query   string
	sort    string // "newest", or "" for the best match first
	after   string // the mark of the page before
	trail   string // the marks of the pages before that, so that one can go back
	at      int    // likes on the pages before
	expr    search.Expr
	problem *search.Problem
}

func (v *visit) question() (q question, err error) {
	f := v.r.FormValue
	q = question{query: strings.TrimSpace(f("q")), after: f("after"), trail: f("trail")}
	if len(q.query) > mostQuery {
		return q, wrong("ask for less at once", "the query is longer than "+words.Number(mostQuery)+" bytes")
	}
	if f("sort") == "newest" {
		q.sort = "newest"
	}
	if n, bad := strconv.Atoi(f("at")); bad == nil && n > 0 && q.after != "" {
		q.at = n
	}
	q.expr, q.problem = search.Parse(q.query, v.now)
	return q, nil
}

// understood says that something of the query was, or that there is none.
func (q question) understood() bool { return q.expr != nil || q.problem == nil }

// path is the first page of the question.
func (q question) path() page.Path { return q.on("", "", 0) }

// on is another page of it.
func (q question) on(after, trail string, at int) page.Path {
	p := url.Values{}
	for name, value := range map[string]string{"q": q.query, "sort": q.sort, "after": after, "trail": trail} {
		if value != "" {
			p.Set(name, value)
		}
	}
	if at > 0 {
		p.Set("at", strconv.Itoa(at))
	}
	if len(p) == 0 {
		return "/"
	}
	return page.Path("/?" + p.Encode())
}

// showLikes draws the likes that a question finds, and notes above them.
func (v *visit) showLikes(q question, notes ...page.Note) error {
	n, err := v.count()
	if err != nil {
		return err
	}
	l := page.Likes{Query: q.query, Total: n.likes, Connected: n.networks > 0}
	if q.problem == nil { // half a query is neither kept nor exported
		l.CanSave, l.Formats = v.who.May(grant.Write), formats()
	}
	l.Frame = v.around("Likes", page.OnLikes, n)
	if !l.Empty() {
		last, err := v.Panel.Store.LastChange(v.ctx()) // before the likes: what comes meanwhile is new
		if err != nil {
			return err
		}
		l.Stream = q.newsOf(last)
	}
	l.Twins = v.as("/likes.json", "", url.Values{"q": {q.query}, "sort": {q.sort}, "after": {q.after}})
	l.Path, l.Notes = q.on(q.after, q.trail, q.at), append(l.Notes, notes...)
	if q.query != "" {
		l.Window, l.Read = plain.Short(plain.Line(q.query), windowShown)+" · Likes", v.reading(q.expr)
	}
	if q.problem != nil {
		l.Problem = problemOf(q.problem)
	}
	if q.after == "" { // else the place may be one that is refused
		if err := v.begin(l); err != nil {
			return err
		}
	}
	if q.understood() {
		err = v.found(&l, q, n)
	} else {
		l.Instead = words.Plain("Nothing of this could be read, so nothing was searched.")
	}
	if err != nil {
		return err
	}
	if err := v.saved(&l, q); err != nil {
		return err
	}
	return v.show(http.StatusOK, l)
}

// found fills in what the question finds.
func (v *visit) found(l *page.Likes, q question, n counters) error {
	began := v.Now()
	all := store.Query{User: v.whose(), Expr: q.expr}
	var r control.Found
	var f, removed store.Facets
	asks := []func() error{
		func() (err error) {
			r, err = v.Panel.Search(v.ctx(), control.Search{User: v.whose(), Query: q.query, Sort: q.sort, Limit: likesPage, After: q.after}, q.expr)
			return err
		},
		func() (err error) {
			f, err = v.Panel.Store.Facets(v.ctx(), all, likesCount)
			return err
		},
	}
	if q.query == "" && q.after == "" {
		asks = append(asks, func() (err error) {
			l.Chart, err = v.overTime()
			return err
		})
	}
	if !search.AsksRemoved(q.expr) { // else it is among them already
		gone := all
		gone.Expr = search.Narrow(q.expr, "is", "removed")
		asks = append(asks, func() (err error) {
			removed, err = v.Panel.Store.Facets(v.ctx(), gone, likesCount)
			return err
		})
	}
	if err := atOnce(asks...); err != nil {
		return err
	}
	l.Found, l.More = f.Counted, !f.Whole
	if q.expr == nil && l.Total > f.Counted { // the store keeps this number
		l.Found, l.More = l.Total, n.some
	}
	switch shown := q.at + len(r.Items); { // the store may have counted among the newest likes alone
	case q.expr != nil && q.after == "" && r.Next == "":
		l.Found, l.More = shown, false
	case q.expr != nil:
		l.Found = max(l.Found, shown)
	}
	l.Total = max(l.Total, l.Found) // of a list that is collected no more the likes are here, and not in the counters
	switch {
	case len(r.Items) == 0:
	case r.Ranked:
		l.Order = "best match first"
	default:
		l.Order = "newest first"
	}
	if !f.Whole {
		l.Counted = f.Counted
	}
	v.narrowing(l, q, f, removed)
	l.Groups = v.groups(r, q)
	l.Pager = q.pager(r, l.Found, l.More)
	if q.query == "" {
		l.Try = tries(f)
	} else {
		l.Took = v.Now().Sub(began)
	}
	switch {
	case len(r.Items) > 0:
	case q.after == "":
		return v.instead(l, all, q)
	default:
		l.Instead = words.Plain("No more likes follow here.")
	}
	return nil
}

// instead says what would be found where nothing is.
func (v *visit) instead(l *page.Likes, all store.Query, q question) error {
	if q.query == "" {
		l.Instead = words.Plain("Nothing has come in yet. What is connected is being read; read this page again in a moment.")
		return nil
	}
	some, err := store.Suggest(v.ctx(), v.Panel.Store, all)
	if err != nil {
		return err
	}
	p := words.Plain("Nothing matches ").And(words.Strong(q.query), words.Plain("."))
	for _, s := range some {
		there := " there are "
		if s.Items == 1 {
			there = " there is "
		}
		if s.More {
			there += "more than "
		}
		p = p.And(words.Plain(" Without "), words.Code(s.Without.String()), words.Plain(there+words.Number(s.Items)+"."))
	}
	l.Instead = p
	return nil
}

// pager leads to the pages beside this one.
func (q question) pager(r control.Found, found int, more bool) page.Pager {
	var p page.Pager
	if len(r.Items) == 0 && q.after == "" || q.after == "" && r.Next == "" {
		return p
	}
	end := q.at + len(r.Items)
	if len(r.Items) > 0 {
		p.Shown = words.Number(q.at+1) + "–" + words.Number(end)
		if !more && end <= found {
			p.Shown += " of " + words.Number(found)
		}
	}
	if q.after != "" {
		before, last := "", q.trail
		if i := strings.LastIndexByte(q.trail, ' '); i >= 0 {
			before, last = q.trail[:i], q.trail[i+1:]
		}
		p.Previous = q.on(last, before, max(0, q.at-likesPage))
	}
	if r.Next != "" {
		p.Next = q.on(r.Next, longer(q.trail, q.after), end)
	}
	return p
}

// mostTrail is how many bytes of marks an address holds; of more the oldest are forgotten,
// and going back ends at the first page.
const mostTrail = 4_000

// longer is a trail with one more mark.
func longer(trail, mark string) string {
	trail = strings.TrimSpace(trail + " " + mark)
	for len(trail) > mostTrail {
		_, rest, _ := strings.Cut(trail, " ")
		trail = rest
	}
	return trail
}

// saved lists the saved searches.
func (v *visit) saved(l *page.Likes, q question) error {
	user, err := v.keeper()
	if err != nil {
		return err
	}
	list, err := saved.List(v.ctx(), v.Panel.Store, user)
	if err != nil {
		return err
	}
	for _, s := range list {
		l.Saved = append(l.Saved, page.Link{Text: s.Name, To: page.SearchPath(s.Query)})
		if l.CanSave && s.Query == q.query && q.query != "" {
			l.Unsave = page.Actions{To: searchAddress(s.Name), About: "Saved search " + s.Name, List: []page.Action{{Do: page.Delete, Text: "Saved: forget it", Icon: "x"}}}
		}
	}
	return nil
}

// problemOf is a mistake in a query, at its place.
func problemOf(bad *search.Problem) *page.QueryProblem {
	at := min(bad.Offset, len(bad.Text))
	reason := words.First(bad.Reason)
	if !strings.HasSuffix(reason, ".") {
		reason += "."
	}
	return &page.QueryProblem{Before: bad.Text[:at], After: bad.Text[at:], Reason: reason}
}

// groups are the likes under the months in which they were liked, or as they come where
// the best match is first.
func (v *visit) groups(r control.Found, q question) []page.Group {
	var out []page.Group
	draw := v.drawing(r.Items, q.expr)
	for _, it := range r.Items {
		title := ""
		if !r.Ranked {
			title = month(it, v.now.Location())
		}
		if len(out) == 0 || out[len(out)-1].Title != title {
			out = append(out, page.Group{Title: title})
		}
		last := &out[len(out)-1]
		last.Likes = append(last.Likes, draw(it))
	}
	return out
}

func month(it store.Liked, where *time.Location) string {
	if it.LikedAt.IsZero() {
		return "Nobody knows when"
	}
	return it.LikedAt.In(where).Format("January 2006")
}
