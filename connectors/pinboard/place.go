package pinboard

import (
	"strconv"
	"strings"
	"time"

	"collector/connectors"
	"collector/fault"
)

// place is where a page begins: at the newest bookmark that was saved up to the
// second until (zero: now), start further on.
type place struct {
	until time.Time
	start int
}

// first is the place that follows posts/update: the newest bookmark.
const first connectors.Cursor = "now/0"

func (p place) cursor() connectors.Cursor {
	if p.until.IsZero() {
		return connectors.Cursor("now/" + strconv.Itoa(p.start))
	}
	return connectors.Cursor(p.until.UTC().Format(time.RFC3339) + "/" + strconv.Itoa(p.start))
}

func parsePlace(at connectors.Cursor) (place, error) {
	if at == "" {
		return place{}, nil
	}
	until, start, _ := strings.Cut(string(at), "/")
	n, err := strconv.Atoi(start)
	p := place{until: connectors.Time(until), start: n}
	if err != nil || n < 0 || p.cursor() != at {
		return place{}, fault.New(fault.Bug, "pinboard: the stored cursor is not a second and a number")
	}
	return p, nil
}

// turn says where the walk goes on after a page that was read at a place, and
// whether something may be missing.
func (p pinboard) turn(page *connectors.Page, q connectors.Query, at place) {
	n := len(page.Items) + len(page.Bad)
	var newest, oldest, last time.Time
	untimed, unordered := false, false
	for _, it := range page.Items {
		t := it.LikedAt
		if t.IsZero() {
			untimed = true
			continue
		}
		unordered = unordered || !last.IsZero() && t.After(last)
		if last = t; t.After(newest) {
			newest = t
		}
		if oldest.IsZero() || t.Before(oldest) {
			oldest = t
		}
	}
	for _, b := range page.Bad {
		t := rawTime(b.Raw)
		untimed = untimed || t.IsZero()
		if !t.IsZero() && (oldest.IsZero() || t.Before(oldest)) {
			oldest = t
		}
	}
	switch {
	case untimed:
		page.Doubt = "a bookmark does not say when it was saved, so the place of those after it is not sure"
	case unordered:
		page.Doubt = "the bookmarks do not come in the order in which they were saved"
	}
	if since := connectors.Time(string(q.Resume)); forward(q) && q.Cursor == first && !newest.After(since) && page.Doubt == "" {
		page.Doubt = "something was changed, and it is no new bookmark"
	}
	if !forward(q) && q.Cursor == "" && !newest.IsZero() {
		page.Resume = resume(newest.Add(-time.Second)) // another may be saved in the same second
	}
	page.Next = p.after(q, at, n, newest, oldest)
}

// after is the place that follows a page of n bookmarks. Where it counts on within
// a second it repeats one bookmark, so that one that is removed meanwhile hides none.
func (p pinboard) after(q connectors.Query, at place, n int, newest, oldest time.Time) connectors.Cursor {
	further := max(1, n-1)
	switch older := !oldest.IsZero() && (at.until.IsZero() || oldest.Before(at.until)); {
	case n == 0:
		return ""
	case older && newest.Equal(oldest): // a page of one second
		return place{oldest, further}.cursor()
	case older:
		return place{until: oldest}.cursor()
	case n >= p.size(q), oldest.IsZero():
		return place{at.until, at.start + further}.cursor()
	}
	return ""
}
