package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/queue"
	"collector/simulate"
)

// jobNow is one job as `jobs show` tells of it.
func jobNow(t *testing.T, p program, id string) (v jobView) {
	t.Helper()
	if err := json.Unmarshal([]byte(p.run(t, "jobs", "show", id, "--json").must(t).out), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestExportsInTheBackground: what a collector writes is what the command itself does, in a
// file that only its owner can read and that has its name once it is whole. What fails is
// tried again when it is asked for, and nobody chooses where a file is written.
func TestExportsInTheBackground(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 120})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	p.run(t, "--once").must(t)
	folder := "collector.db.exports"
	if got, err := filepath.Glob("collector.db.*"); err != nil || slices.Contains(got, folder) || slices.Contains(got, "collector.db.jobs") {
		t.Errorf("without a job: %v, %v", got, err)
	}
	for format, more := range map[string][]string{"jsonl": nil, "csv": {"--network=github/octocat", "--query=in:github"}} {
		args := append([]string{"export", "--format=" + format}, more...)
		want := p.run(t, args...).must(t).out
		o := p.run(t, append(args, "--background")...).must(t)
		id := strings.TrimSpace(o.out)
		if v := jobNow(t, p, id); v.State != queue.Ready || v.Queue != "upkeep" || v.Kind != "export" || !strings.Contains(o.err, id) {
			t.Errorf("before a collector runs: %+v, %s", v, o.err)
		}
		left := filepath.Join(folder, ".likes-"+id+".1")
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, left, "half") // of an attempt that was killed
		p.run(t, "--once").must(t)
		if v := jobNow(t, p, id); v.State != queue.Done {
			t.Errorf("afterwards: %+v", v)
		}
		file := filepath.Join(folder, "likes-"+id+"."+format)
		if got := string(read(t, file)); got != want || strings.Count(got, "\n") < 120 {
			t.Errorf("%s has %d bytes, the command writes %d", file, len(got), len(want))
		}
		if is, err := os.Stat(file); err != nil || is.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", is.Mode(), err)
		}
	}
	if got, err := filepath.Glob(filepath.Join(folder, ".*")); err != nil || len(got) != 0 {
		t.Errorf("left behind: %v, %v", got, err)
	}

	write(t, "no-folder", "a file")
	p.env["COLLECTOR_EXPORT_FOLDER"] = "no-folder"
	id := strings.TrimSpace(p.run(t, "export", "--background").must(t).out)
	p.run(t, "--once").must(t)
	if v := jobNow(t, p, id); v.State != queue.Scheduled || v.Attempts != 1 || !strings.Contains(v.Error, "making the folder of exports") {
		t.Errorf("where no folder can be made: %+v", v)
	}
	p.env["COLLECTOR_EXPORT_FOLDER"] = "elsewhere"
	p.run(t, "jobs", "retry", id).must(t)
	p.run(t, "--once").must(t)
	if got := read(t, filepath.Join("elsewhere", "likes-"+id+".jsonl")); strings.Count(string(got), "\n") != 120 {
		t.Errorf("after it was retried: %d bytes", len(got))
	}

	t.Run("forged", func(t *testing.T) {
		w := newJobWorld(t, nil, time.Now)
		for id, data := range map[string]string{
			"../../forged": `{"format":"jsonl"}`, "01234567890123456789abcdef": `{"format":"/../x"}`,
		} {
			w.add(w.upkeep, queue.Job{ID: id, Queue: "upkeep", Kind: "export", Data: []byte(data), MaxAttempts: 3}, "", "", "")
			p.run(t, "--once").must(t)
			if v := jobNow(t, p, id); v.State != queue.Dead || v.Attempts != 1 || !strings.Contains(v.Error, "this is no export") {
				t.Errorf("%s %s: %+v", id, data, v)
			}
		}
	})
	p.run(t, "export", "--background", "--user=me").must(t)
	p.run(t, "users", "purge", "me", "--yes").must(t)
	if o := p.run(t, "jobs", "list", "--state=ready").must(t); o.out != "" {
		t.Errorf("after the user was purged: %s", o.out)
	}
	for _, bad := range [][]string{{"export", "--background", "--format=xml"}, {"export", "--background", "--query=lang:"}, {"export", "--background", "--network=github/none"}} {
		if o := p.run(t, bad...); o.code != exitUsage || o.out != "" {
			t.Errorf("%v: %d %s", bad, o.code, o.out)
		}
	}
}
