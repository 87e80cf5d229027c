package pushtest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Linkding plays linkding (its docs, "API"). A POST of an address that is there changes that
// bookmark silently; a check of one that is not makes the server read the page. Addresses are
// compared without regard to a slash at the end and the order of a query. Lists begin with the
// newest.
type Linkding struct{ Server }

func sorted(address string) string {
	page, query, _ := strings.Cut(address, "?")
	pairs := strings.Split(query, "&")
	slices.Sort(pairs)
	return strings.TrimRight(page, "/") + "?" + strings.Join(pairs, "&")
}

type linkdingView struct {
	ID       int      `json:"id"`
	URL      string   `json:"url"`
	Title    string   `json:"title"`
	Tags     []string `json:"tag_names"`
	Archived bool     `json:"is_archived"`
}

func (l *Linkding) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.enter(r, "Token") {
		refuse(w, http.StatusUnauthorized, "Invalid token.")
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /api/user/profile/":
		answer(w, 200, map[string]any{"theme": "auto", "enable_sharing": true})
	case "GET /api/bookmarks/":
		l.list(w, r, false)
	case "GET /api/bookmarks/archived/":
		l.list(w, r, true)
	case "GET /api/bookmarks/check/":
		out := map[string]any{"bookmark": nil, "metadata": map[string]string{"title": "t"}, "auto_tags": []string{}}
		if b := l.find(r.URL.Query().Get("url"), sorted); b != nil {
			out["bookmark"] = linkdingView{1, b.URL, b.Title, b.Tags, b.Archived}
		} else {
			l.Read++
		}
		answer(w, 200, out)
	case "POST /api/bookmarks/":
		l.create(w, r)
	default:
		refuse(w, http.StatusNotFound, "Not found.")
	}
}

func (l *Linkding) list(w http.ResponseWriter, r *http.Request, archived bool) {
	limit, offset := 100, 0
	if n, err := strconv.Atoi(r.URL.Query().Get("limit")); err == nil {
		limit = n
	}
	if n, err := strconv.Atoi(r.URL.Query().Get("offset")); err == nil {
		offset = n
	}
	newest := slices.Clone(l.kept)
	slices.Reverse(newest)
	slices.SortStableFunc(newest, func(a, b *Bookmark) int { return cmp.Compare(cmp.Or(b.Created, "now"), cmp.Or(a.Created, "now")) })
	all := []linkdingView{}
	for i, b := range newest {
		if b.Archived == archived {
			all = append(all, linkdingView{i + 1, b.URL, b.Title, b.Tags, b.Archived})
		}
	}
	n := len(all)
	all = all[min(offset, n):]
	answer(w, 200, map[string]any{"count": n, "next": "http://elsewhere.example/api/bookmarks/?offset=100", "previous": nil, "results": all[:min(limit, len(all))]})
}

func (l *Linkding) create(w http.ResponseWriter, r *http.Request) {
	var in struct {
		URL         string   `json:"url"`
		Title       string   `json:"title"`
		Description string   `json:"description"`
		Notes       string   `json:"notes"`
		Archived    bool     `json:"is_archived"`
		Unread      bool     `json:"unread"`
		Shared      bool     `json:"shared"`
		Tags        []string `json:"tag_names"`
		Added       string   `json:"date_added"`
	}
	if err := decode(r, &in); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	long := utf8.RuneCountInString(in.Title) > 512 || len(in.URL) > 2048
	for _, t := range in.Tags {
		long = long || utf8.RuneCountInString(t) > 64 || strings.ContainsAny(t, " ,")
	}
	_, err := time.Parse(time.RFC3339, in.Added)
	if !isWeb(in.URL) || long || in.Added != "" && err != nil || strings.Contains(in.URL, "refuse-me") {
		refuse(w, http.StatusBadRequest, "Enter a valid URL; you sent "+r.Header.Get("Authorization"))
		return
	}
	if in.Title == "" || !r.URL.Query().Has("disable_scraping") {
		l.Read++
	}
	b := l.find(in.URL, sorted)
	if b != nil {
		l.Touched++
	} else {
		b = &Bookmark{}
		l.kept = append(l.kept, b)
	}
	*b = Bookmark{URL: in.URL, Title: in.Title, Text: in.Description, Note: in.Notes, Tags: in.Tags, Archived: in.Archived, Created: in.Added}
	answer(w, http.StatusCreated, linkdingView{len(l.kept), b.URL, b.Title, b.Tags, b.Archived})
}
