package main

import (
	"encoding/json"
	"maps"
	"os"
	"strings"
	"testing"

	"collector/broker"
	"collector/cmd/collector/internal/config"
	"collector/control"
	"collector/item"
	"collector/simulate"
	"collector/state"
)

// TestPurgeNeedsTheUser holds that a name which two users have is never deleted
// by chance, whether their networks are collected or their collecting ended.
func TestPurgeNeedsTheUser(t *testing.T) {
	inFolder(t)
	seeded(t, func(s *seeder) {
		for _, user := range []string{"anna", "bob"} {
			s.network(user, "github", "", "octocat", []item.Item{{ID: "1", Kind: "repository", Title: "a/b", URL: "https://github.com/a/b"}},
				state.Progress{Mode: state.Normal, Condition: state.OK, ScheduledTo: noon})
		}
	})
	p := program{now: atNoon}
	purge := []string{"accounts", "remove", "--purge", "--yes", "github/octocat"}
	refused := func(when string) {
		t.Helper()
		if o := p.run(t, purge...); o.code != exitUsage || !strings.Contains(o.err, "--user anna") {
			t.Errorf("%s: %d %s", when, o.code, o.err)
		}
	}
	refused("two users have it")
	p.run(t, "accounts", "remove", "github/octocat", "--user=anna").must(t)
	refused("one of two is removed")
	p.run(t, "accounts", "remove", "github/octocat", "--user=bob").must(t)
	refused("both are removed")
	if o := p.run(t, "export").must(t); strings.Count(o.out, "\n") != 2 {
		t.Errorf("a refused purge deleted items: %s", o.out)
	}
	p.run(t, append(purge, "--user=bob")...).must(t)
	if o := p.run(t, "export").must(t); strings.Count(o.out, "\n") != 1 || !strings.Contains(o.out, `"anna"`) {
		t.Errorf("after the purge of bob's: %s", o.out)
	}
	p.run(t, purge...).must(t)
	if o := p.run(t, "export").must(t); o.out != "" {
		t.Errorf("after the purge of anna's: %s", o.out)
	}
}

// TestPurgedUserLeavesNoName: after a purge no row of any table names the user or
// his accounts, the ledger of quotas among them.
func TestPurgedUserLeavesNoName(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 3})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin", "--user=adelheid", "--name=kunigunde").must(t)
	p.run(t, "--once").must(t)
	file := func() string {
		t.Helper()
		b, err := os.ReadFile("collector.db")
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if before := file(); !strings.Contains(before, "adelheid") || !strings.Contains(before, "kunigunde") {
		t.Fatal("the names are not in the file: this proves nothing")
	}
	p.run(t, "users", "purge", "--yes", "adelheid").must(t)
	for _, name := range []string{"adelheid", "kunigunde"} {
		if strings.Contains(file(), name) {
			t.Errorf("%s is still in the file", name)
		}
	}
}

// What a purge leaves is said for each kind of store.
func TestPurgeSaysWhatStillHoldsIt(t *testing.T) {
	for address, want := range map[string]string{
		"sqlite:/var/likes.db": "Backups beside /var/likes.db", "mongodb://h/likes": "Dumps and snapshots of MongoDB", "memory:": "",
	} {
		var talk strings.Builder
		a := newApp(nil, nil, nil, &talk)
		a.conf = &config.Loaded{Config: config.Config{Storage: config.Storage{Store: address}}}
		a.sayRemoved(control.Deleted{}, a.copiesLeft())
		if got := talk.String(); !strings.HasPrefix(got, want) || (want == "") != (got == "") {
			t.Errorf("%s: %q", address, got)
		}
	}
}

// TestPurgeReachesMessages: what was published of a network, and then of the whole
// person, is in no queue, on no topic and in no file any more; what is of others stays,
// and so does what a consumer has in its hands, which is said.
func TestPurgeReachesMessages(t *testing.T) {
	inFolder(t)
	seeded(t, func(s *seeder) {
		for _, user := range []string{"adelheid", "bob"} {
			for _, account := range []string{"one", "two"} {
				s.network(user, "github", "", account, nil, state.Progress{Mode: state.Normal, Condition: state.OK, ScheduledTo: noon})
			}
		}
	})
	b := daemonsBroker(t)
	about := func(dest, user, network string) broker.Message {
		return broker.Message{Destination: dest, Body: []byte("likes of " + user), Headers: []broker.Header{
			{Name: "user", Value: user}, {Name: "network", Value: network}, {Name: "item", Value: "1"},
		}}
	}
	for _, user := range []string{"adelheid", "bob"} {
		for _, network := range []string{"github/one", "github/two"} {
			sendTo(t, b, about("/queue/likes", user, network), about("/topic/items", user, network), about("/topic/items."+user, user, network))
		}
	}
	sendTo(t, b, broker.Message{Destination: "/queue/likes", Body: []byte("of somebody else")}, broker.Message{Destination: "/topic/items.adelheid"})
	s, first := taken(t, b, "/queue/likes")
	if first.Get("user") != "adelheid" || first.Get("network") != "github/one" {
		t.Fatalf("first is %v", first)
	}
	p := program{now: atNoon}
	counts := func(when string, ready int64, want map[string]int64) {
		t.Helper()
		if q := queueNow(t, p, "/queue/likes"); q.Ready != ready {
			t.Errorf("%s the queue has %d messages, want %d", when, q.Ready, ready)
		}
		var v topicsView
		if err := json.Unmarshal([]byte(p.run(t, "topics", "--json").must(t).out), &v); err != nil {
			t.Fatal(err)
		}
		got := map[string]int64{}
		for _, topic := range v.Topics {
			if strings.Trim(topic.Topic, "/topic-") != "" {
				got[topic.Topic] = topic.Messages
			}
		}
		if !maps.Equal(got, want) || v.Oldest != 1 || v.Next != 10 {
			t.Errorf("%s the topics have %v from %d to %d, want %v", when, got, v.Oldest, v.Next, want)
		}
	}
	counts("before", 4, map[string]int64{"/topic/items": 4, "/topic/items.adelheid": 3, "/topic/items.bob": 2})
	o := p.run(t, "accounts", "remove", "--purge", "--yes", "--user=adelheid", "github/one").must(t)
	if !strings.Contains(o.err, "0 deleted from queues, 2 blanked in topics") || !strings.Contains(o.err, "1 message is still in the hands of consumers") {
		t.Errorf("the first purge says %s", o.err)
	}
	counts("after one network", 4, map[string]int64{"/topic/items": 3, "/topic/items.adelheid": 2, "/topic/items.bob": 2})
	if err := s.Close(t.Context(), noon); err != nil { // gives the message back
		t.Fatal(err)
	}
	o = p.run(t, "users", "purge", "--yes", "adelheid").must(t)
	if !strings.Contains(o.err, "2 deleted from queues, 3 blanked in topics") {
		t.Errorf("the second purge says %s", o.err)
	}
	counts("after the person", 3, map[string]int64{"/topic/items": 2, "/topic/items.bob": 2})
	for _, end := range []string{"", "-wal"} {
		text, err := os.ReadFile("collector.db" + besideMessages + end)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "adelheid") {
			t.Errorf("the name is still in the file of messages%s", end)
		}
	}
}
