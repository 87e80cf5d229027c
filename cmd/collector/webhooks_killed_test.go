//go:build failpoint && unix

package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/simulate"
)

// TestKilledWhileDelivering kills the program between what it queues and what it notes, and
// between a call and what it notes of it: the webhook hears of every like, and what it hears
// again has the id that it had.
func TestKilledWhileDelivering(t *testing.T) {
	folder := here(t)
	inFolder(t)
	bin := filepath.Join(t.TempDir(), "collector")
	build := osexec.Command("go", "build", "-tags", "failpoint", "-o", bin, ".")
	build.Dir = folder
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	sim, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 20})
	var mu sync.Mutex
	ids := map[string][]string{} // webhook-ids by item, in the order of the calls
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m struct{ Data struct{ Item exported } }
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		ids[m.Data.Item.ID] = append(ids[m.Data.Item.ID], r.Header.Get("webhook-id"))
	}))
	defer s.Close()
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.env["COLLECTOR_ALLOW_PRIVATE"] = s.Listener.Addr().String()
	p.run(t, "connect", "github", "--token-stdin").must(t)
	p.run(t, "--once").must(t)
	p.run(t, "webhooks", "add", s.URL, "--parallel=1", "--private").must(t)
	once := func(point string) error {
		c := osexec.Command(bin, "--once", "--lease=1s")
		c.Env = append(os.Environ(), "COLLECTOR_FAILPOINT="+point)
		return c.Run()
	}
	var liked []string
	for _, point := range []string{"webhook.queued=kill@1", "webhook.sent=kill@1", "webhook.sent=kill@2", "webhook.queued=kill@1"} {
		more, err := sim.Like(acc[0].Key, 3)
		if err != nil {
			t.Fatal(err)
		}
		liked = append(liked, more...)
		p.run(t, "sync", "--all").must(t)
		if err := once(point); err == nil || err.Error() != "signal: killed" {
			t.Fatalf("%s: the process ended with %v: the point was not reached", point, err)
		}
	}
	enough := func() bool { // the two calls that were not noted are made again too
		mu.Lock()
		defer mu.Unlock()
		calls := 0
		for _, all := range ids {
			calls += len(all)
		}
		return len(ids) == len(liked) && calls >= len(liked)+2
	}
	for end := time.Now().Add(patience); !enough() && time.Now().Before(end); {
		if err := once(""); err != nil {
			t.Fatal(err)
		}
	}
	again := 0
	for _, id := range liked {
		all := ids[id]
		if len(all) == 0 {
			t.Errorf("the webhook never heard of %s", id)
			continue
		}
		again += len(all) - 1
		for _, one := range all {
			if one != all[0] || !strings.HasPrefix(one, "msg_") {
				t.Errorf("%s was told under %q", id, all)
			}
		}
	}
	if t.Failed() {
		t.Logf("changes:\n%s\nwebhooks:\n%s", p.run(t, "changes").out, p.run(t, "webhooks", "list").out)
	}
	if again < 2 {
		t.Errorf("%d were told again, although two processes died right after a call", again)
	}
}
