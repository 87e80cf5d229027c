package search

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestBestComesFirst names, for each query, titles from the best to the worst.
func TestBestComesFirst(t *testing.T) {
	for _, c := range []struct {
		query string
		order []string // title | author | tag, tag
	}{
		{"raft", []string{"Raft", "hashicorp/raft", "etcd-io/raft a library", "paxos||raft", "paxos", "|ada|go"}},
		{"raft", []string{"paxos|Raft"}},
		{"etcd raft", []string{"etcd raft", "raft etcd", "the etcd raft library for everyone", "a raft, by people of etcd", "raft||etcd", "raft|ada|go", "|etcd|raft", "paxos||etcd", "paxos|ada|go"}},
		{`"etcd raft"`, []string{"etcd raft", "etcd raft library", "raft etcd||etcd raft", "raft etcd"}},
		{"raft -paxos", []string{"raft", "raft paxos", "paxos"}},
		{"raft or zab", []string{"zab raft", "raft consensus zab", "zab", "raft log", "consensus"}},
		{"in:github lang:go raft", []string{"raft", "github go"}},
		{"Éléphant", []string{"ELEPHANT", "les éléphants et l'éléphant", "x|éléphant", "les éléphants"}},
		{"東京", []string{"東京", "東京の夜", "夜||東京", "京東"}},
		{"raft raft", []string{"raft", "raft raft raft log", "log"}},
	} {
		e, problem := Parse(c.query, noon)
		r, ok := RankingOf(e)
		if problem != nil || !ok {
			t.Fatalf("%s: %v, ranks: %v", c.query, problem, ok)
		}
		last := 1 << 30
		for _, line := range c.order {
			parts := append(strings.Split(line, "|"), "", "")
			var tags []string
			if parts[2] != "" {
				tags = strings.Split(parts[2], ", ")
			}
			score := r.Score(parts[0], parts[1], tags)
			if score > last {
				t.Errorf("%s: %q has %d, the one before it %d", c.query, line, score, last)
			}
			last = score
		}
	}
}

// TestScores holds the weights that people read about.
func TestScores(t *testing.T) {
	r, _ := RankingOf(And{Word("etcd"), Word("raft")})
	for _, c := range []struct {
		title, author string
		tags          []string
		want          int
	}{
		{"", "", nil, 0},
		{"rafts etcds", "raft-etcds", []string{"etcd2"}, 3},
		{"a library of raft for all", "", nil, 6},
		{"consensus", "etcd", []string{"raft"}, 6},
		{"consensus", "", []string{"etcd", "raft etcd"}, 6},
		{"raft of etcd", "", []string{"raft", "etcd"}, 14},
		{"etcd/raft in go", "", nil, 16},
		{"Etcd: RAFT!", "raft", nil, 18},
		{"raft raft raft etcd", "raft", nil, 16},
	} {
		if got := r.Score(c.title, c.author, c.tags); got != c.want {
			t.Errorf("%q by %q, %q: %d, want %d", c.title, c.author, c.tags, got, c.want)
		}
	}
}

// TestWhatIsNotRanked: such queries are answered by date.
func TestWhatIsNotRanked(t *testing.T) {
	for query, want := range map[string]bool{
		"": false, "-raft": false, "in:github": false, "#go": false, "raf*": false, "raft raf*": false, "raft -(log or raf*)": false, "liked:2025 -(a b)": false,
		"raft": true, `"a b"`: true, "a or b": true, "in:github (lang:go or raft)": true, "raft -log": true,
	} {
		e, _ := Parse(query, noon)
		if _, ok := RankingOf(e); ok != want {
			t.Errorf("%q is ranked: %v", query, ok)
		}
	}
}

// TestScoreIsQuickAndRight compares the score with one that looks at every word.
func TestScoreIsQuickAndRight(t *testing.T) {
	text := func(t *rapid.T, name string) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"raft", "RAFT", "log", "ﬁne", "fine", "É", "東", "京", " ", "-", `\`, "rafting", "a1", "\x00"}), 0, 5).Draw(t, name), rapid.SampledFrom([]string{"", " ", "/"}).Draw(t, "between"))
	}
	rapid.Check(t, func(t *rapid.T) {
		r, ok := RankingOf(And{Word("raft"), Phrase{"fine", "e"}, Or{Word("東"), Word("log")}})
		if !ok {
			t.Fatal("not ranked")
		}
		title := text(t, "title")
		if !r.Mentions(title) && slices.ContainsFunc(Words(title), func(w string) bool { return slices.Contains(r.line, w) }) {
			t.Fatalf("%q is said to mention nothing", title)
		}
		want := 0
		for _, term := range r.terms {
			if index(Words(title), term) >= 0 {
				want += inTitle
			}
		}
		if got := r.Score(title, "", nil); got < want || got > want+whole+inOrder || want == 0 && got != 0 {
			t.Fatalf("%q: %d, want %d and at most %d more", title, got, want, whole+inOrder)
		}
	})
}
