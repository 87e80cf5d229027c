//go:build mongo

package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/queue"
	"collector/simulate"
	"collector/store/mongo/mongotest"
)

// TestJobsOverMongoDB is TestJobsAreShownAndMended in a real MongoDB; and an export in the
// background is taken by a collector that has a folder for it, and by no other.
func TestJobsOverMongoDB(t *testing.T) {
	program, err := mongotest.Program(filepath.Join(here(t), "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	inFolder(t)
	servers, err := mongotest.Replica(t.Context(), program, t.TempDir(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := servers.Stop(); err != nil {
			t.Error(err)
		}
	}()
	of := func(database string) map[string]string {
		return map[string]string{
			"COLLECTOR_STORE":      servers.URI(database),
			"COLLECTOR_SECRET_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
		}
	}
	t.Run("jobs", func(t *testing.T) {
		w := newJobWorld(t, of("jobs"), time.Now)
		late := time.After(time.Minute)
		w.again = func() bool { // counts are told up to a second late, and later where the machine is slow
			select {
			case <-time.After(100 * time.Millisecond):
				return true
			case <-late:
			case <-t.Context().Done():
			}
			return false
		}
		jobsAreShownAndMended(w)
	})
	t.Run("exports", func(t *testing.T) { exportsByWhoHasAFolder(t, of("exports")) })
}

func exportsByWhoHasAFolder(t *testing.T, env map[string]string) {
	_, acc, services := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 30})
	for k, v := range services {
		env[k] = v
	}
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	id := strings.TrimSpace(p.run(t, "export", "--background").must(t).out)
	p.run(t, "--once").must(t)
	if v := jobNow(t, p, id); v.State != queue.Ready || v.Deliveries != 0 {
		t.Errorf("without a folder: %+v", v)
	}
	p.env["COLLECTOR_EXPORT_FOLDER"] = "exports"
	p.run(t, "--once").must(t)
	if v := jobNow(t, p, id); v.State != queue.Done {
		t.Errorf("with a folder: %+v", v)
	}
	if got := string(read(t, filepath.Join("exports", "likes-"+id+".jsonl"))); strings.Count(got, "\n") != 30 {
		t.Errorf("the file: %d bytes", len(got))
	}
}
