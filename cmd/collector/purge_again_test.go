package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"collector/broker"
	"collector/simulate"
	"collector/state"
)

// TestAPurgeTakesExports: what was written in the background of a person goes with the person, and
// the file of jobs holds no name any more; what may be left is said.
func TestAPurgeTakesExports(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 5})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin", "--user=adelheid").must(t)
	p.run(t, "--once").must(t)
	own := strings.TrimSpace(p.run(t, "export", "--background", "--user=adelheid").must(t).out)
	all := strings.TrimSpace(p.run(t, "export", "--background").must(t).out)
	p.run(t, "--once").must(t)
	file := func(id string) bool {
		_, err := os.Stat(filepath.Join("collector.db.exports", "likes-"+id+".jsonl"))
		return err == nil
	}
	if !file(own) || !file(all) {
		t.Fatal("the exports are not there: this proves nothing")
	}
	o := p.run(t, "users", "purge", "--yes", "adelheid").must(t)
	if file(own) || !file(all) || !strings.Contains(o.err, "So may the exports in collector.db.exports") {
		t.Errorf("own %v, of all %v: %s", file(own), file(all), o.err)
	}
	for _, end := range []string{"", "-wal"} {
		if text, err := os.ReadFile("collector.db.jobs" + end); err == nil && strings.Contains(string(text), "adelheid") {
			t.Errorf("the name is still in the file of jobs%s", end)
		}
	}
}

// TestAPurgeIsRunAgain for what consumers had in hand: the network is gone by then.
func TestAPurgeIsRunAgain(t *testing.T) {
	inFolder(t)
	seeded(t, func(s *seeder) {
		s.network("adelheid", "github", "", "one", nil, state.Progress{Mode: state.Normal, Condition: state.OK, ScheduledTo: noon})
	})
	b := daemonsBroker(t)
	sendTo(t, b, broker.Message{Destination: "/queue/likes", Headers: []broker.Header{{Name: "user", Value: "adelheid"}, {Name: "network", Value: "github/one"}, {Name: "item", Value: "1"}}})
	s, _ := taken(t, b, "/queue/likes")
	p := program{now: atNoon}
	const again = "accounts remove --purge --user=adelheid github/one"
	o := p.run(t, "accounts", "remove", "--purge", "--yes", "github/one").must(t)
	if !strings.Contains(o.err, "1 message is still in the hands of consumers. When they are done: collector "+again) {
		t.Fatalf("the first purge says %s", o.err)
	}
	if err := s.Close(t.Context(), noon); err != nil { // gives the message back
		t.Fatal(err)
	}
	o = p.run(t, append(strings.Fields(again), "--yes")...).must(t)
	if q := queueNow(t, p, "/queue/likes"); q.Ready != 0 || !strings.Contains(o.err, "1 deleted from queues") {
		t.Errorf("%d messages are left: %s", q.Ready, o.err)
	}
	if o := p.run(t, append(strings.Fields(again), "--yes")...); o.code != exitUsage {
		t.Errorf("once more: %d %s", o.code, o.err)
	}
}
