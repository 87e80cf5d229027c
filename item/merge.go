package item

import (
	"slices"
	"strconv"
	"time"
)

// Merge returns the item to keep when now was observed after was. The later
// observation wins, with two exceptions: a Bare observation keeps the content
// that was filled earlier, and a like time that the service itself stated is
// not replaced by an estimate. A first-seen time stays the first one.
func Merge(was, now Item) Item {
	if now.Bare && !was.Bare {
		kept := was
		kept.LikedAt, kept.LikedFrom = now.LikedAt, now.LikedFrom
		if now.URL != "" {
			kept.URL = now.URL
		}
		now = kept
	}
	if rank(now.LikedFrom) > rank(was.LikedFrom) ||
		now.LikedFrom == FromFirstSeen && was.LikedFrom == FromFirstSeen {
		now.LikedAt, now.LikedFrom = was.LikedAt, was.LikedFrom
	}
	return now
}

func rank(s Source) int {
	if i := slices.Index([]Source{FromAPI, FromOrder, FromFirstSeen}, s); i >= 0 {
		return i
	}
	return 3
}

// Hash is a 64-bit FNV-1a digest of everything a reader can see, so that a
// store can tell a changed item from one seen again without comparing fields.
// Raw is left out: a service that adds a counter changes no like. It is stable
// between runs and builds.
func (it Item) Hash() uint64 {
	const offset, prime = 14695981039346656037, 1099511628211 // FNV-1a; package hash/fnv would copy each text
	h := uint64(offset)
	put := func(s string) {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * prime
		}
		h *= prime // a zero byte ends each text
	}
	for _, s := range []string{
		it.ID, it.URL, it.Kind, it.Title, it.Text,
		it.Author.Name, it.Author.URL, it.Author.Avatar,
		it.Image, it.Language, stamp(it.CreatedAt), string(it.LikedFrom),
		strconv.FormatBool(it.Private), strconv.FormatBool(it.Bare),
	} {
		put(s)
	}
	if it.LikedFrom != FromFirstSeen { // stamped by the store, so not part of what the service said
		put(stamp(it.LikedAt))
	}
	for _, t := range it.Tags {
		put(t)
	}
	return h
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
