package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/cmd/collector/internal/config"
	"collector/queue"
	"collector/state"
	"collector/store"
)

// jobWorld is a store with the jobs that daemons have on it, beside which commands run.
type jobWorld struct {
	*testing.T
	p                program
	st               store.Store
	upkeep, webhooks queue.Store
	now              time.Time
	again            func() bool // waits a moment: what other handles count may be told by then
}

// lease is how long what is in hand stays there.
const lease = 5 * time.Minute

// newJobWorld opens the store of an environment, as a daemon does.
func newJobWorld(t *testing.T, env map[string]string, now func() time.Time) *jobWorld {
	t.Helper()
	a := newApp(nil, nil, nil, nil)
	a.conf = &config.Loaded{Config: config.Default(a.infos())}
	a.conf.Store = cmp.Or(env["COLLECTOR_STORE"], a.conf.Store)
	st, err := store.Open(t.Context(), a.conf.Store, backends(), store.Options{Lease: time.Minute, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	w := &jobWorld{T: t, p: program{env: env, now: now}, st: st, now: queue.Milli(now()), again: func() bool { return false }}
	closing := []func() error{st.Close}
	for _, of := range []struct {
		is   ownJobs
		into *queue.Store
	}{{upkeepJobs(), &w.upkeep}, {waitingCalls(), &w.webhooks}} {
		jobs, end, err := a.openJobs(t.Context(), st, of.is, false)
		if err != nil {
			t.Fatal(err)
		}
		*of.into, closing = jobs, append(closing, end)
	}
	t.Cleanup(func() {
		for _, end := range slices.Backward(closing) {
			if err := end(); err != nil {
				t.Error(err)
			}
		}
	})
	return w
}

func (w *jobWorld) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// add puts a job into a store; with an owner it is claimed, and with a verb that ends.
func (w *jobWorld) add(to queue.Store, j queue.Job, owner string, verb queue.Verb, text string) {
	w.Helper()
	added, err := to.Add(w.Context(), w.now, "", []queue.Job{j})
	if err != nil || !added[0] {
		w.Fatal(j.ID, added, err)
	}
	if owner == "" {
		return
	}
	got, err := to.Claim(w.Context(), queue.Claim{Queue: j.Queue, Kinds: []string{j.Kind}, N: 1, Owner: owner, Now: w.now, Until: w.now.Add(lease)})
	if err != nil || len(got) != 1 || got[0].ID != j.ID {
		w.Fatal(j.ID, got, err)
	}
	if verb == "" {
		return
	}
	stood, err := to.Finish(w.Context(), w.now, []queue.Outcome{{Ref: got[0].Ref(), Verb: verb, Due: w.now.Add(time.Hour), Error: text}})
	if err != nil || !stood[0] {
		w.Fatal(j.ID, stood, err)
	}
}

// fill adds a job in each state, two instances, and a network in work.
func (w *jobWorld) fill() {
	w.Helper()
	ctx := w.Context()
	data := []byte(`{"format":"jsonl","user":"c4nary"}`)
	w.add(w.upkeep, queue.Job{ID: "dead", Queue: "upkeep", Kind: "export", Data: data, MaxAttempts: 3}, "host1-7-aa", queue.Bury, "no space left \x1b[31m")
	w.add(w.upkeep, queue.Job{ID: "later", Queue: "upkeep", Kind: "export", Data: data, MaxAttempts: 3}, "host1-7-aa", queue.Retry, "connection refused")
	w.add(w.upkeep, queue.Job{ID: "now", Queue: "upkeep", Kind: "export", Data: data}, "", "", "")
	w.add(w.upkeep, queue.Job{ID: "runs", Queue: "upkeep", Kind: "clean", Data: []byte(`{}`)}, "host1-7-aa", "", "")
	w.add(w.webhooks, queue.Job{ID: "call", Queue: "webhook/wh_1", Kind: "webhook", Data: data}, "gone-1-cc", queue.Bury, "connection refused by the server")
	w.add(w.webhooks, queue.Job{ID: "lost", Queue: "webhook/wh_1", Kind: "webhook", Data: data}, "gone-1-cc", "", "")
	for i, id := range []string{"host1-7-aa", "host2-8-bb"} {
		host, _, _ := strings.Cut(id, "-")
		_, err := w.st.Heartbeat(ctx, store.Instance{ID: id, Host: host, PID: 7 + i, Mode: "both", Version: "v", Started: w.now.Add(-time.Hour), Seen: w.now.Add(lease), Running: 1 - i})
		w.must(err)
	}
	w.must(w.st.AddAccount(ctx, state.Account{ID: "a", User: "me", Provider: "github", RemoteID: "1", Name: "octocat", CreatedAt: w.now}))
	w.must(w.st.AddNetworks(ctx, []state.Network{{
		ID: "n", AccountID: "a", User: "me", Service: "github", Provider: "github", Account: "octocat", RemoteID: "1", CreatedAt: w.now,
		Progress: state.Progress{Mode: state.Initial, Condition: state.OK, ScheduledTo: w.now},
	}}))
	got, err := w.st.Claim(ctx, state.Claim{Network: "n", Owner: "host1-7-aa", Now: w.now, Until: w.now.Add(lease)})
	if err != nil || len(got) != 1 {
		w.Fatal(got, err)
	}
}

// ids runs a list and returns "id state" of each job.
func (w *jobWorld) ids(args ...string) string {
	w.Helper()
	var out []string
	for l := range strings.Lines(w.p.run(w.T, append([]string{"jobs", "list", "--json"}, args...)...).must(w.T).out) {
		var v jobView
		w.must(json.Unmarshal([]byte(l), &v))
		out = append(out, v.ID+" "+string(v.State))
	}
	return strings.Join(out, ", ")
}

func (w *jobWorld) list(want string, args ...string) {
	w.Helper()
	if got := w.ids(args...); got != want {
		w.Errorf("jobs list %v: %s, want %s", args, got, want)
	}
}

// refuse expects a code and a text.
func (w *jobWorld) refuse(code int, want string, args ...string) {
	w.Helper()
	if o := w.p.run(w.T, args...); o.code != code || !strings.Contains(o.err, want) || o.out != "" {
		w.Errorf("%v: %d %q %s, want %d and %q", args, o.code, o.out, o.err, code, want)
	}
}

// said expects that a command went well and said something.
func (w *jobWorld) said(want string, args ...string) {
	w.Helper()
	if o := w.p.run(w.T, args...).must(w.T); !strings.Contains(o.err, want) {
		w.Errorf("%v: %s, want %q", args, o.err, want)
	}
}

// jobsAreShownAndMended runs all commands about jobs, beside a daemon's handles.
func jobsAreShownAndMended(w *jobWorld) {
	t := w.T
	w.fill()
	w.list("dead dead, later scheduled, now ready, runs running, call dead, lost running")
	w.list("runs running, now ready, later scheduled, dead dead, lost running, call dead", "--newest")
	w.list("dead dead, call dead", "--state=dead")
	w.list("later scheduled, call dead", "--error", "connection refused")
	w.list("dead dead, later scheduled, now ready", "--kind=export")
	w.list("call dead, lost running", "--queue=webhook/wh_1")
	w.list("", "--older=1h")
	w.list("dead dead, later scheduled", "--limit=2")
	w.list("dead dead, later scheduled, now ready, runs running, call dead", "--limit=5")
	w.list("dead dead, later scheduled, now ready, runs running, call dead, lost running", "--limit=0")
	w.said("2 jobs shown; there are more", "jobs", "list", "--limit=2")
	if o := w.p.run(t, "jobs", "list", "--limit=6").must(t); strings.Contains(o.err, "more") || strings.Contains(o.out, "c4nary") || strings.ContainsRune(o.out, '\x1b') {
		t.Errorf("all jobs: %s %s", o.out, o.err)
	}
	w.refuse(exitUsage, `no job is or was in a queue "upkep"`, "jobs", "list", "--queue=upkep")
	w.refuse(exitUsage, `there is no state "ded"`, "jobs", "list", "--state=ded")
	w.refuse(exitUsage, "--limit=-1", "jobs", "list", "--limit=-1")
	w.refuse(exitUsage, `there is no job "none"`, "jobs", "show", "none")

	var v jobView
	w.must(json.Unmarshal([]byte(w.p.run(t, "jobs", "show", "runs", "--json").must(t).out), &v))
	if v.Owner != "host1-7-aa" || v.Attempts != 1 || !deref(v.Started).Equal(w.now) || !deref(v.Lease).Equal(w.now.Add(lease)) {
		t.Errorf("a job that runs: %+v", v)
	}
	for args, shown := range map[string]bool{"jobs show now": false, "jobs show now --json": false, "jobs show now --content": true} {
		if o := w.p.run(t, strings.Fields(args)...).must(t); strings.Contains(o.out, "c4nary") != shown {
			t.Errorf("%s: %s", args, o.out)
		}
	}
	wrong := func() string {
		counts := map[string]queueView{}
		for l := range strings.Lines(w.p.run(t, "jobs", "counts", "--json").must(t).out) {
			var q queueView
			w.must(json.Unmarshal([]byte(l), &q))
			counts[q.Queue] = q
		}
		if q := counts["upkeep"]; q.Dead != 1 || q.Ready != 1 || q.Scheduled != 1 || q.Running != 1 || q.Added != 4 {
			return fmt.Sprintf("counts of upkeep: %+v", q)
		}
		if q := counts["webhook/wh_1"]; q.Dead != 1 || q.Running != 1 || q.Added != 2 {
			return fmt.Sprintf("counts of webhooks: %+v", q)
		}
		return ""
	}
	text := wrong()
	for text != "" && w.again() {
		text = wrong()
	}
	if text != "" {
		t.Error(text)
	}
	workersAreShown(w)

	w.refuse(exitUsage, "only dead jobs", "jobs", "retry", "now")
	w.refuse(exitUsage, "is running", "jobs", "retry", "runs")
	w.refuse(exitUsage, "name one job or give --all", "jobs", "retry")
	w.refuse(exitUsage, "one is named", "jobs", "retry", "dead", "--kind=export")
	w.refuse(exitUsage, "what is ready cannot be retried", "jobs", "retry", "--all", "--state=ready")
	w.said("dead: due now", "jobs", "retry", "dead")
	w.said("later: due now", "jobs", "retry", "later")
	w.list("dead ready, later ready, now ready", "--kind=export")
	w.said("0 jobs due now", "jobs", "retry", "--all", "--error=space")
	w.said("1 job due now", "jobs", "retry", "--all", "--error=refused")
	w.list("call ready, lost running", "--queue=webhook/wh_1")

	w.refuse(exitTemporary, "the job runs runs", "jobs", "remove", "runs", "--yes")
	w.refuse(exitUsage, "add --yes", "jobs", "remove", "now")
	w.said("now: deleted", "jobs", "remove", "now", "--yes")
	w.said("2 jobs deleted", "jobs", "remove", "--all", "--kind=export", "--yes")
	w.said("1 job deleted", "jobs", "remove", "--all", "--yes")
	w.list("runs running, lost running")
}

// workersAreShown looks at who has what in hand.
func workersAreShown(w *jobWorld) {
	w.Helper()
	var got []string
	for l := range strings.Lines(w.p.run(w.T, "workers", "--json").must(w.T).out) {
		var v workerView
		w.must(json.Unmarshal([]byte(l), &v))
		got = append(got, strings.Join([]string{v.Owner, v.Host, v.Does, v.Kind, v.Job + v.Network}, " "))
		if v.Does == "job" && !deref(v.Since).Equal(w.now) || v.Does != "nothing" && !deref(v.Lease).Equal(w.now.Add(lease)) {
			w.Errorf("since when and until when: %+v", v)
		}
	}
	want := []string{
		"gone-1-cc  job webhook lost",
		"host1-7-aa host1 network  github/octocat",
		"host1-7-aa host1 job clean runs",
		"host2-8-bb host2 nothing  ",
	}
	if !slices.Equal(got, want) {
		w.Errorf("workers:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestJobsAreShownAndMended on an SQLite store.
func TestJobsAreShownAndMended(t *testing.T) {
	dir := here(t)
	inFolder(t)
	w := newJobWorld(t, nil, atNoon)
	later := program{now: func() time.Time { return noon.Add(10 * time.Second) }}
	for args, want := range map[string]string{"jobs list": "there is nothing", "jobs counts": "", "workers": ""} {
		if o := w.p.run(t, strings.Fields(args)...).must(t); !strings.Contains(o.err, want) {
			t.Errorf("%s of nothing: %s", args, o.err)
		}
	}
	t.Run("goldens", func(t *testing.T) {
		inFolder(t)
		newJobWorld(t, nil, atNoon).fill()
		golden(t, dir, "jobs-list", later.run(t, "jobs", "list").must(t).out)
		golden(t, dir, "jobs-show", later.run(t, "jobs", "show", "runs").must(t).out+later.run(t, "jobs", "show", "dead").must(t).out)
		golden(t, dir, "jobs-counts", later.run(t, "jobs", "counts").must(t).out)
		golden(t, dir, "workers", later.run(t, "workers").must(t).out)
		golden(t, dir, "jobs-json", later.run(t, "jobs", "list", "--json", "--kind=export").must(t).out+
			later.run(t, "jobs", "counts", "--json").must(t).out+later.run(t, "workers", "--json").must(t).out)
	})
	jobsAreShownAndMended(w)
}

// TestNoJobs: where nobody ever had a job the commands say so and make no file.
func TestNoJobs(t *testing.T) {
	inFolder(t)
	if o := (program{}).run(t, "jobs", "list"); o.code != exitNoStore {
		t.Errorf("without a store: %d %s", o.code, o.err)
	}
	seeded(t, someItems)
	for args, want := range map[string]string{"jobs list": "there is nothing", "jobs counts": "No jobs yet", "workers": "no collector is running"} {
		if o := (program{}).run(t, strings.Fields(args)...).must(t); !strings.Contains(o.out+o.err, want) {
			t.Errorf("%s: %s%s", args, o.out, o.err)
		}
	}
	for _, of := range []ownJobs{upkeepJobs(), waitingCalls()} {
		if _, err := os.Stat("collector.db" + of.beside); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("there is a file for %s: %v", of.what, err)
		}
	}
}

// TestJobsOfAReadOnlyStore: what only shows needs no right to write.
func TestJobsOfAReadOnlyStore(t *testing.T) {
	inFolder(t)
	t.Run("daemon", func(t *testing.T) { newJobWorld(t, nil, atNoon).fill() })
	readOnly(t, "collector.db", "collector.db"+upkeepJobs().beside, "collector.db"+waitingCalls().beside)
	for args, want := range map[string]string{"jobs list": "webhook/wh_1", "jobs show runs": "host1-7-aa", "jobs counts": "upkeep", "workers": "host1:7"} {
		if o := (program{now: atNoon}).run(t, strings.Fields(args)...).must(t); !strings.Contains(o.out, want) {
			t.Errorf("%s: %s", args, o.out)
		}
	}
	if o := (program{now: atNoon}).run(t, "jobs", "retry", "dead"); o.code == exitOK {
		t.Error("a job is retried in a store that cannot be written")
	}
}

// readOnly takes the right to write files of the present folder, and it, until the test ends.
func readOnly(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range append(names, ".") {
		if err := os.Chmod(name, map[bool]os.FileMode{true: 0o500, false: 0o400}[name == "."]); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if err := os.Chmod(".", 0o700); err != nil {
			t.Error(err)
		}
	})
}
