package main

import (
	"strings"
	"testing"
	"time"

	"collector/item"
)

// TestSearchOrders: the best answers come first unless the newest are asked for,
// and what follows a page follows it in its order.
func TestSearchOrders(t *testing.T) {
	inFolder(t)
	seeded(t, func(s *seeder) {
		var items []item.Item
		for i, title := range []string{"a log of rafts", "a raft of logs", "raft", "hashicorp/raft"} { // the newest first
			it := thing(string(rune('a'+i)), title)
			it.Text, it.Tags, it.LikedAt = "the raft", nil, noon.Add(-time.Duration(i+1)*time.Hour)
			items = append(items, it)
		}
		s.network("me", "github", "", "octocat", items, normal())
	})
	p := program{now: atNoon}
	for args, want := range map[string]string{
		"search raft":                         "c d b a",
		"search --sort=best raft":             "c d b a",
		"search --sort=newest raft":           "a b c d",
		"search raf*":                         "a b c d",
		"search in:github":                    "a b c d",
		"search --sort=newest --limit=3 raft": "a b c",
	} {
		o := p.run(t, append(strings.Fields(args), "--urls")...).must(t)
		if got := strings.ReplaceAll(strings.Join(strings.Fields(o.out), " "), "https://example.org/", ""); got != want {
			t.Errorf("%s shows %s, want %s", args, got, want)
		}
	}
	o := p.run(t, "search", "--urls", "--limit=2", "raft").must(t)
	said, mark, _ := strings.Cut(o.err, "--after=")
	if !strings.Contains(said, "the best first") {
		t.Errorf("the order is not told: %s", o.err)
	}
	mark = strings.TrimSpace(mark)
	o = p.run(t, "search", "--urls", "--limit=2", "--after="+mark, "raft").must(t)
	if o.out != "https://example.org/b\nhttps://example.org/a\n" || o.err != "" {
		t.Errorf("the second page: %s%s", o.out, o.err)
	}
	if o := p.run(t, "search", "--sort=newest", "--after="+mark, "raft"); o.code != exitUsage || !strings.Contains(o.err, "without --after") {
		t.Errorf("a list by date went on after a ranked page: %d %s%s", o.code, o.out, o.err)
	}
}
