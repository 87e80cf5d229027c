package torture

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"collector/simulate"
	"collector/simulate/faultproxy"
)

var (
	kills    = flag.Int("torture.kills", 40, "random kill -9 rounds")
	points   = flag.Int("torture.points", 2, "kills at each named fault point")
	pauses   = flag.Int("torture.pauses", 20, "rounds of SIGSTOP past the lease")
	restarts = flag.Int("torture.restarts", 24, "restarts in a storm of limits")
	backups  = flag.Int("torture.backups", 4, "backups of a daemon at work that are restored")
	jumps    = flag.Int("torture.jumps", 2, "jumps of the clock")
	seed     = flag.Uint64("torture.seed", 1, "what the world and the rounds are made from")
)

// program is the collector with fault points, built once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "collector-torture")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "collector")
	out, err := exec.Command("go", "build", "-tags", "failpoint", "-o", path, "collector/cmd/collector").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	documented()
	code := m.Run()
	if rigs.Load() > 0 { // some test asked for servers
		if s, err := servers(); err == nil {
			s.Stop()
			os.RemoveAll(s.Dir())
		}
	}
	if path, err := program(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// rig is a world, a store and the environment of the program.
type rig struct {
	t       *testing.T
	sim     *simulate.Running
	dir     string
	env     []string
	vitals  string                // prefix of the files in which daemons tell what they use, where a test asks for it
	mongo   *mongo.Database       // of the store, where it is one
	wires   [][]*faultproxy.Proxy // before the database, where the store is one, and before the services, where a test asks for it
	planted []string              // secrets beside those of the world
	people  int                   // accounts of one user at most, where a test has many: connecting waits for others of the user; 0: all
	output  bytes.Buffer          // everything that every process wrote
	mu      sync.Mutex
}

func newRig(t *testing.T, o simulate.Options) *rig { t.Helper(); return newRigOver(t, o, (*rig).keep) }

// newRigOver is a rig over the store that keep gives it; keep says where that is.
func newRigOver(t *testing.T, o simulate.Options, keep func(*rig) []string) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir()}
	t.Cleanup(func() { r.leaks() }) // S1: whatever a test does, no secret shows
	o.Seed = *seed
	var err error
	if r.sim, err = simulate.Serve(t.Context(), simulate.New(o), simulate.Listen{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.sim.Close)
	r.env = append(append(os.Environ(), keep(r)...),
		"COLLECTOR_GITHUB_URL="+r.sim.URLs[simulate.GitHub], "COLLECTOR_BLUESKY_URL="+r.sim.URLs[simulate.Bluesky],
		"COLLECTOR_ALLOW_PRIVATE=127.0.0.1", "COLLECTOR_LOG_FORMAT=json", "COLLECTOR_DISK_FLOOR=0",
		"COLLECTOR_BACKOFF_MIN=1s", "COLLECTOR_BACKOFF_MAX=2s", "COLLECTOR_LEASE=1s", "COLLECTOR_GRACE=10s",
		"COLLECTOR_GITHUB_POLL_MIN=1s", "COLLECTOR_MASTODON_POLL_MIN=1s", "COLLECTOR_BLUESKY_POLL_MIN=1s",
		"COLLECTOR_GITHUB_POLL_MAX=3s", "COLLECTOR_MASTODON_POLL_MAX=3s", "COLLECTOR_BLUESKY_POLL_MAX=3s",
	)
	return r
}

// add makes accounts in the world and imports them.
func (r *rig) add(specs ...simulate.Spec) {
	r.t.Helper()
	var all []simulate.Account
	for _, sp := range specs {
		a, err := r.sim.AddAccount(sp)
		if err != nil {
			r.t.Fatal(err)
		}
		all = append(all, a)
	}
	r.do("importing", r.again(all...))
}

// again is the command that connects accounts, or signs them in again.
func (r *rig) again(accounts ...simulate.Account) *exec.Cmd {
	r.t.Helper()
	var lines bytes.Buffer
	for i, a := range accounts {
		line := map[string]any{"service": a.Service, "token": a.Tokens[0]}
		if r.people > 0 {
			line["user"] = fmt.Sprint("person", i/r.people)
		}
		if a.Service == simulate.Mastodon {
			line["server"] = r.sim.URLs[simulate.Mastodon]
		}
		text, err := json.Marshal(line)
		if err != nil {
			r.t.Fatal(err)
		}
		lines.Write(append(text, '\n'))
	}
	cmd := r.command("accounts", "import", "-")
	cmd.Stdin = &lines
	return cmd
}

func (r *rig) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.output.Write(p)
}

// tail is the end of what the processes wrote.
func (r *rig) tail() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	text := r.output.String()
	return text[max(0, len(text)-4000):]
}

// command is a process of the program; what it writes is kept.
func (r *rig) command(args ...string) *exec.Cmd {
	path, err := program()
	if err != nil {
		r.t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.Dir = r.env, r, r, r.dir
	return cmd
}

// start begins a daemon; it is killed at the end of the test at the latest.
func (r *rig) start(args ...string) *exec.Cmd {
	r.t.Helper()
	cmd := r.command(args...)
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return cmd
}

// stop asks a daemon to stop and returns how long it took and how it ended.
func (r *rig) stop(cmd *exec.Cmd) (time.Duration, error) {
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	return r.stopped(cmd, done)
}

// stopped is stop for a daemon whose end is waited for already; done is how it ended.
func (r *rig) stopped(cmd *exec.Cmd, done <-chan error) (time.Duration, error) {
	begun := time.Now()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, err
	}
	select {
	case err := <-done:
		return time.Since(begun), err
	case <-time.After(patience):
		cmd.Process.Kill()
		return time.Since(begun), fmt.Errorf("did not end within %v", patience)
	}
}

// await waits until a condition holds.
func (r *rig) await(what string, limit time.Duration, holds func() bool) {
	r.t.Helper()
	end := time.Now().Add(limit)
	for {
		looked := time.Now()
		if holds() {
			return
		}
		if time.Now().After(end) {
			r.t.Fatalf("%s: not within %v\n%s", what, limit, r.tail())
		}
		time.Sleep(max(20*time.Millisecond, 3*time.Since(looked))) // a look at much is not to hold up what is looked at
	}
}

// open opens the store behind the program's back.
func (r *rig) open() *sql.DB {
	r.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(r.dir, "c.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		r.t.Fatal(err)
	}
	return db
}

// look opens the store for a query behind the program's back.
func (r *rig) look(query string) *sql.DB {
	r.t.Helper()
	if r.mongo != nil {
		return r.mirror(query)
	}
	return r.open()
}

// query reads from the store behind the program's back.
func (r *rig) query(into any, text string, args ...any) {
	r.t.Helper()
	db := r.look(text)
	defer db.Close()
	if err := db.QueryRowContext(r.t.Context(), text, args...).Scan(into); err != nil {
		r.t.Fatalf("%s: %v", text, err)
	}
}

// exported is what the program holds: service -> account name -> item id -> like time.
func (r *rig) exported() map[string]map[string]time.Time {
	r.t.Helper()
	path, _ := program()
	cmd := exec.CommandContext(context.Background(), path, "export", "--format", "jsonl")
	cmd.Env, cmd.Dir = r.env, r.dir
	out, err := cmd.Output()
	if err != nil {
		r.t.Fatalf("exporting: %v", err)
	}
	r.Write(out)
	got := map[string]map[string]time.Time{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var it struct {
			Service, Network, Account, ID, LikedAtSource string
			LikedAt                                      time.Time
		}
		if err := json.Unmarshal(lines.Bytes(), &it); err != nil {
			r.t.Fatal(err)
		}
		key := it.Service + "/" + strings.TrimPrefix(it.Account, "@")
		key = strings.TrimSuffix(strings.TrimSuffix(key, "@social.example"), ".bsky.social")
		if at := strings.LastIndex(key, "@127.0.0.1"); at > 0 {
			key = key[:at]
		}
		if got[key] == nil {
			got[key] = map[string]time.Time{}
		}
		if _, twice := got[key][it.ID]; twice {
			r.t.Errorf("%s holds %s twice", key, it.ID)
		}
		if got[key][it.ID] = it.LikedAt; it.LikedAtSource != "api" {
			got[key][it.ID] = time.Time{}
		}
	}
	return got
}

// compare holds the export against the truth of every account, and what the
// services saw against their rules.
func (r *rig) compare() {
	r.t.Helper()
	r.compareItems()
	for _, v := range r.sim.Violations() {
		r.t.Errorf("violation: %v", v)
	}
}

// compareItems holds the export against the truth of every account.
func (r *rig) compareItems() {
	r.t.Helper()
	got := r.exported()
	for _, a := range r.sim.Accounts() {
		d := r.sim.Compare(a.Key, got[a.Key])
		if len(d.Missing) > 0 || len(d.Invented) > 0 || len(d.WrongTime) > 0 {
			r.t.Errorf("%s (%d collected): %v", a.Key, len(got[a.Key]), d)
		}
	}
	if r.mongo != nil {
		r.sound()
		r.added()
		return
	}
	var ok string
	if r.query(&ok, "PRAGMA integrity_check"); ok != "ok" {
		r.t.Errorf("integrity: %s", ok)
	}
}

// finish lets a daemon without faults collect the rest, and stops it. The
// second round polls what was liked while the last backfill was on its way.
func (r *rig) finish() { r.t.Helper(); r.finishWithin(patience) }

func (r *rig) finishWithin(limit time.Duration) {
	r.t.Helper()
	daemon := r.start()
	for range 2 {
		if err := r.command("sync", "--all").Run(); err != nil {
			r.t.Fatalf("sync --all: %v\n%s", err, r.tail())
		}
		mark := time.Now().UnixMilli() + 1000
		const open = `FROM networks WHERE json_extract(progress, '$.mode') <> 'normal'
			OR json_extract(progress, '$.walk') IS NOT NULL
			OR coalesce(unixepoch(json_extract(progress, '$.rateAt')), 0) * 1000 < ?`
		var last string
		r.t.Cleanup(func() {
			if last != "" {
				r.t.Logf("not collected: %s", last)
			}
		})
		r.await("everything collected", limit, func() bool {
			r.query(&last, "SELECT coalesce(min(service || '/' || account || ' ' || progress), '') "+open, mark)
			return last == ""
		})
	}
	if _, err := r.stop(daemon); err != nil {
		r.t.Errorf("the last daemon: %v", err)
	}
}
