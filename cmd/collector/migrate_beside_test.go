package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"collector/queue"
	"collector/simulate"
)

// TestMigrateTakesWhatIsBeside: what the operator was told is not told again by the collectors
// of the new store, what was published goes on there, and an export that was asked for is
// written there. Messages that stay behind are counted.
func TestMigrateTakesWhatIsBeside(t *testing.T) {
	inFolder(t)
	sim, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 5})
	l := listen(t)
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.env["COLLECTOR_ALLOW_PRIVATE"] = strings.Trim(p.env["COLLECTOR_ALLOW_PRIVATE"]+","+l.host(), ",")
	p.env["COLLECTOR_PUBLISH"], p.env["COLLECTOR_PUBLISH_QUEUES"] = "true", "/queue/likes"
	p.run(t, "connect", "github", "--token-stdin").must(t)
	p.run(t, "--once").must(t)
	if _, err := sim.Like(acc[0].Key, 1); err != nil {
		t.Fatal(err)
	}
	p.run(t, "sync", "--all").must(t)
	p.run(t, "--once").must(t)
	p.env["COLLECTOR_NOTIFY"] = l.address(ntfyPassword)
	if err := sim.Revoke(acc[0].Key); err != nil {
		t.Fatal(err)
	}
	p.run(t, "sync", "--all").must(t)
	p.run(t, "--once")
	if told := l.take(); len(told) != 1 {
		t.Fatalf("about a sign-in that is gone: %q", told)
	}
	id := strings.TrimSpace(p.run(t, "export", "--background").must(t).out)
	for _, args := range [][]string{{"migrate", "--dry-run", "sqlite:collector.db", "sqlite:new.db"}, {"migrate", "sqlite:collector.db", "sqlite:new.db"}} {
		if o := p.run(t, args...).must(t); !strings.Contains(o.err, "1 in queues of other programs are not moved") {
			t.Errorf("%v: %s", args, o.err)
		}
	}
	p.env["COLLECTOR_STORE"], p.env["COLLECTOR_SECRET_KEY_FILE"] = "sqlite:new.db", "collector.key"
	if v := jobNow(t, p, id); v.State != queue.Ready {
		t.Errorf("the export: %+v", v)
	}
	p.run(t, "--once")
	if told := l.take(); len(told) != 0 {
		t.Errorf("the new store tells again: %q", told)
	}
	if text := string(read(t, filepath.Join("new.db.exports", "likes-"+id+".jsonl"))); strings.Count(text, "\n") != 6 {
		t.Errorf("the export has %d lines", strings.Count(text, "\n"))
	}
	var v topicsView
	if err := json.Unmarshal([]byte(p.run(t, "topics", "--json").must(t).out), &v); err != nil || len(v.Topics) != 0 {
		t.Errorf("subscribers who missed nothing are told %+v, %v", v, err)
	}
}
