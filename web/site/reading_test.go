package site

import (
	"testing"

	"collector/search"
	"collector/store/memory"
)

// TestQueriesAreReadAloud says how each was understood.
func TestQueriesAreReadAloud(t *testing.T) {
	v := &visit{site: &site{Config: newWorld(t, memory.New()).config}, now: noon}
	for query, want := range map[string]string{
		"": "", "raft": "the word raft.", `raf* "a b"`: `a word that begins with raf, the words "a b".`,
		"raft (go or rust) -archived":    "the word raft, (the word go or the word rust), without the word archived.",
		"in:github -in:reddit account:x": "of GitHub stars, not of Reddit saved, of the account x.",
		"by:ada #db lang:go kind:post":   "by ada, tagged db, in language go, of the kind post.",
		"is:removed -is:private":         "taken back or gone, not private.",
		"liked:2025":                     "liked in 2025.", "liked:2025-03": "liked in March 2025.", "liked:2025-03-09": "liked on 9 Mar 2025.",
		"liked:>2025-01": "liked since 1 Feb 2025.", "liked:<2025": "liked up to 31 Dec 2024.", "liked:2026-01..2026-03": "liked from 1 Jan to 31 Mar.",
		"age:<30d": "liked since 23 Oct.", "in:unheard": "of unheard.",
	} {
		e, bad := search.Parse(query, noon)
		if bad != nil {
			t.Fatal(bad)
		}
		if got := v.reading(e).String(); got != want {
			t.Errorf("%s is read %q, want %q", query, got, want)
		}
	}
}
