package connectortest

import (
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"collector/connectors"
	"collector/item"
)

// checkWalks goes through each recorded walk, stopping and starting again at
// every page, and expects each page once and an end at the last.
func checkWalks(k *kit, wrong report) {
	for _, w := range []connectors.Walk{connectors.Backfill, connectors.Poll, connectors.Sweep} {
		steps, err := k.steps(w)
		if err != nil {
			wrong("%s: page %d: %v", w, len(steps)+1, err)
			continue
		}
		places, calls := map[connectors.Cursor]bool{}, map[string]bool{}
		for n, s := range steps {
			if places[s.q.Cursor] {
				wrong("%s: cursor %q was used before: the walk would never end", s.name, s.q.Cursor)
			}
			places[s.q.Cursor] = true
			if c := call(s.request) + string(s.request.Body); calls[c] {
				wrong("%s: the same call as for an earlier page: %s", s.name, c)
			} else {
				calls[c] = true
			}
			checkPlace(s.name, s.page.Next, wrong)
			checkPlace(s.name, s.page.Resume, wrong)
			if last := n == len(steps)-1; (s.page.Next == "") != last {
				wrong("%s: page %d of %d, Next is %q", s.name, n+1, len(steps), s.page.Next)
				break
			}
			if s.page.Doubt != "" {
				wrong("%s: doubts a walk that is as documented: %s", s.name, s.page.Doubt)
			}
		}
		if k.c.Info().Poll == connectors.PollForward && k.resume(w, steps) == "" {
			wrong("%s: a service that is polled forward gave no resume point", w)
		}
	}
}

// absolute is a place that begins with an origin. One that holds an address
// further on, or begins with slashes, is a place at the origin it was found on.
var absolute = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)

// checkPlace: a cursor survives being stored as text, and names no origin.
func checkPlace(where string, at connectors.Cursor, wrong report) {
	stored, _ := json.Marshal(at)
	var back connectors.Cursor
	if err := json.Unmarshal(stored, &back); err != nil || back != at {
		wrong("%s: cursor %.100q does not survive as text", where, at)
	}
	if s := string(at); absolute.MatchString(s) || strings.Contains(s, "{{secret:") || len(s) > 2048 || strings.ContainsAny(s, "\r\n") {
		wrong("%s: cursor %.100q is no plain place in a list", where, at)
	}
}

// checkEmpty: an account without likes, and a forward poll without news, end at
// once and are no error.
func checkEmpty(k *kit, wrong report) {
	none, ok := k.single["none"]
	if !ok {
		wrong("testdata/none/page-1.http is missing")
		return
	}
	for _, w := range []connectors.Walk{connectors.Backfill, connectors.Poll, connectors.Sweep} {
		page, err := k.c.Parse(k.query(w, "", ""), none.reply)
		if err != nil || len(page.Items)+len(page.Bad) != 0 || page.Next != "" {
			wrong("%s of an account without likes: %d items, Next %q, %v", w, len(page.Items), page.Next, err)
		}
	}
	if k.c.Info().Poll != connectors.PollForward {
		return
	}
	quiet, ok := k.single["quiet"]
	if !ok {
		wrong("testdata/quiet/page-1.http is missing")
		return
	}
	steps, err := k.steps(connectors.Poll)
	if err != nil {
		wrong("poll: %v", err)
		return
	}
	q := k.query(connectors.Poll, "", k.resume(connectors.Poll, steps))
	r, err := k.c.Request(q)
	if err != nil || call(r) != quiet.call {
		wrong("%s: the next poll calls %s, recorded is %s (%v)", quiet.name, call(r), quiet.call, err)
	}
	page, err := k.c.Parse(q, quiet.reply)
	if err != nil || page.Next != "" || len(page.Items) != 0 {
		wrong("%s: %d items, Next %q, %v", quiet.name, len(page.Items), page.Next, err)
	}
	if page.Resume != "" && page.Resume != q.Resume {
		wrong("%s: a poll without news moved the resume point from %q to %q", quiet.name, q.Resume, page.Resume)
	}
}

// checkGolden: the items written by hand come out of the backfill, to the letter.
func checkGolden(k *kit, wrong report) {
	if len(k.golden.Items) < 3 {
		wrong("golden.json has %d items, want three or more", len(k.golden.Items))
	}
	steps, err := k.steps(connectors.Backfill)
	if err != nil {
		wrong("backfill: %v", err)
	}
	for _, w := range k.golden.Items {
		want := w.item()
		found := false
		for _, s := range steps {
			for _, got := range s.page.Items {
				if got.ID != want.ID {
					continue
				}
				found = true
				if !sameItem(got, want) {
					got.Raw = nil
					wrong("%s: item %s is\n\t%+v\nwant\n\t%+v", s.name, want.ID, got, want)
				}
			}
		}
		if !found {
			wrong("item %s is in golden.json and in no page", want.ID)
		}
	}
}

// checkItems: each item has its documented form, and an object seen twice in a
// walk is the same item.
func checkItems(k *kit, wrong report) {
	for _, w := range []connectors.Walk{connectors.Backfill, connectors.Poll, connectors.Sweep} {
		steps, err := k.steps(w)
		if err != nil {
			wrong("%s: %v", w, err)
		}
		seen := map[string]item.Item{}
		for _, s := range steps {
			page := map[string]bool{}
			for _, it := range s.page.Items {
				where := s.name + " item " + it.ID
				if page[it.ID] {
					wrong("%s: twice in one page", where)
				}
				page[it.ID] = true
				if was, again := seen[it.ID]; again && !sameItem(was, it) {
					wrong("%s: differs from the same object on an earlier page", where)
				}
				seen[it.ID] = it
				_, hydrates := k.c.(connectors.Hydrator)
				if it.Bare && !hydrates {
					wrong("%s: Bare, and nothing will fill it", where)
				}
				checkForm(where, it, wrong)
				if !json.Valid(it.Raw) {
					wrong("%s: Raw is not JSON", where)
				}
			}
			if len(s.page.Bad) > 0 {
				wrong("%s: %d objects of a page as documented went to quarantine: %s", s.name, len(s.page.Bad), s.page.Bad[0].Reason)
			}
		}
	}
}

func checkForm(where string, it item.Item, wrong report) {
	for what, address := range map[string]string{"URL": it.URL, "Author.URL": it.Author.URL, "Author.Avatar": it.Author.Avatar, "Image": it.Image} {
		u, err := url.Parse(address)
		if address == "" && what != "URL" {
			continue
		}
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			wrong("%s: %s is %q, want an absolute address", where, what, address)
		}
	}
	if it.ID == "" || it.Kind == "" || strings.ContainsAny(it.Title, "\r\n") {
		wrong("%s: no id, no kind, or a title of several lines", where)
	}
	for what, at := range map[string]time.Time{"CreatedAt": it.CreatedAt, "LikedAt": it.LikedAt} {
		if at.Location() != time.UTC || !at.IsZero() && (at.Year() < 1990 || at.Year() > 2100) {
			wrong("%s: %s is %v, want a sane time in UTC", where, what, at)
		}
	}
	if it.LikedAt.IsZero() != (it.LikedFrom == "") || it.LikedFrom != "" && it.LikedFrom != item.FromAPI && it.LikedFrom != item.FromOrder {
		wrong("%s: LikedAt %v from %q do not fit", where, it.LikedAt, it.LikedFrom)
	}
	texts := append(slices.Clone(it.Tags), it.ID, it.Title, it.Text, it.Author.Name, it.Language)
	if all := strings.Join(texts, ""); !utf8.ValidString(all) || strings.Contains(all, "\x00") {
		wrong("%s: a text is not UTF-8, or has a NUL", where)
	}
	for _, tag := range it.Tags {
		if tag == "" || strings.ToLower(tag) != tag || strings.HasPrefix(tag, "#") {
			wrong("%s: tag %q, want lower case without #", where, tag)
		}
	}
}

// sorted returns the keys of m in order, so that reports do not jump about.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
