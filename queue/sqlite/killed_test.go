package sqlite_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"collector/queue"
	"collector/queue/sqlite"
)

var (
	killJobs  = flag.Int("queue.jobs", 4000, "jobs of TestKilledWorkersLoseNothing")
	kills     = flag.Int("queue.kills", 16, "worker processes killed by TestKilledWorkersLoseNothing, beside an eighth as many that are stopped past their leases")
	killSeed  = flag.Uint64("queue.seed", 1, "seed of TestKilledWorkersLoseNothing")
	histories = flag.Int("queue.histories", 0, "histories that the kit checks for linearizability; 0 is a few")
)

// workerMark tells the test binary that it is a worker on a file, and where to write.
const workerMark = "QUEUE_TEST_WORKER"

// killLease is short: what a dead worker had in hand is to be done by others soon.
const killLease = 900 * time.Millisecond

func TestMain(m *testing.M) {
	if spec := os.Getenv(workerMark); spec != "" {
		db, log, _ := strings.Cut(spec, "|")
		if err := work(db, log); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// work is a worker process. It writes a line before it begins a job, and one for each
// acknowledgement that the store took; both are with the system when it is killed.
func work(path, logPath string) error {
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	say := func(what, id string, deliveries int) error {
		_, err := fmt.Fprintf(log, "%s %s %d\n", what, id, deliveries)
		return err
	}
	db, err := opened(path, 0)
	if err != nil {
		return err
	}
	s, err := sqlite.Open(context.Background(), db)
	if err != nil {
		return err
	}
	m, err := queue.New(queue.Config{
		Store: s, Workers: 8, KeepAlive: -1, Lease: killLease, Poll: 50 * time.Millisecond,
		Queues: []queue.Queue{{Name: "a", Weight: 3}, {Name: "b"}},
		Handlers: []queue.Handler{{Kind: "work", Do: func(_ context.Context, t *queue.Task) error {
			if err := say("start", t.Job.ID, t.Job.Deliveries); err != nil {
				return err
			}
			if t.Job.Attempts == 1 && strings.HasSuffix(t.Job.ID, "7") {
				return queue.RetryIn(10*time.Millisecond, errors.New("again"))
			}
			return nil
		}}},
	})
	if err != nil {
		return err
	}
	m.Listen(queue.Events{Types: []queue.EventType{queue.EventDone}}, func(e queue.Event) { say("acked", e.Job.ID, e.Job.Deliveries) })
	m.Listen(queue.Events{Types: []queue.EventType{queue.EventLeaseLost}}, func(e queue.Event) { say("lost", e.Job.ID, e.Job.Deliveries) })
	if err := say("ready", "-", 0); err != nil {
		return err
	}
	go func() { // the parent's end of the pipe closes when it is gone
		os.Stdin.Read(make([]byte, 1))
		os.Exit(0)
	}()
	return m.Run(context.Background())
}

// crew are the worker processes of one test.
type crew struct {
	*testing.T
	dir  string
	path string
	all  []*exec.Cmd
	made int
	most int // jobs
}

// heard says whether a worker has written a line of that kind.
func (c *crew) heard(what string) bool {
	c.Helper()
	logs, err := filepath.Glob(filepath.Join(c.dir, "worker*.log"))
	if err != nil {
		c.Fatal(err)
	}
	return slices.ContainsFunc(logs, func(name string) bool {
		text, err := os.ReadFile(name)
		return err == nil && bytes.Contains(text, []byte("\n"+what+" "))
	})
}

// hire starts a worker and waits until it works: one that is killed before has done nothing.
func (c *crew) hire() *exec.Cmd {
	c.Helper()
	c.made++
	log := filepath.Join(c.dir, fmt.Sprintf("worker%05d.log", c.made))
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s|%s", workerMark, c.path, log))
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil {
		c.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.Fatal(err)
	}
	patience, look := time.NewTimer(5*time.Minute), time.NewTicker(3*time.Millisecond)
	defer patience.Stop()
	defer look.Stop()
	for {
		if text, err := os.ReadFile(log); err == nil && len(text) > 0 {
			return cmd
		}
		select {
		case <-look.C:
		case <-patience.C:
			c.Fatal("a worker does not begin")
		}
	}
}

// TestKilledWorkersLoseNothing is promise R17 over real processes: workers are killed
// and stopped past their leases while they work. Every job is done, none is
// acknowledged twice, and whoever is given a job that was given before is told so.
func TestKilledWorkersLoseNothing(t *testing.T) {
	dir := t.TempDir()
	c := &crew{T: t, dir: dir, path: filepath.Join(dir, "jobs.db")}
	s := store(t, open(t, c.path, 0))
	rnd := rand.New(rand.NewPCG(*killSeed, 17))
	for range 4 {
		c.all = append(c.all, c.hire())
	}
	t.Cleanup(func() {
		for _, cmd := range c.all {
			cmd.Process.Kill()
			cmd.Wait()
		}
	})
	added, stopped := 0, 0
	// A worker that is stopped while it writes keeps all others from taking anything over, and one that
	// has nothing in hand loses nothing: then there are more rounds, each with a stop.
	for round := 0; round < *kills || canStop && round < *kills+20 && !c.heard("lost"); round++ {
		c.most = (round + 1) * *killJobs / *kills
		c.add(s, rnd, &added, c.most)
		// The blow falls while this round's jobs are in work.
		c.completed(s, int64(added-rnd.IntN(*killJobs / *kills)-1))
		i := rnd.IntN(len(c.all))
		if round%8 == 4 || round >= *kills {
			stopped++
			c.stop(c.all[(i+1)%len(c.all)])
		}
		c.all[i].Process.Kill()
		c.all[i].Wait()
		c.all[i] = c.hire()
	}
	c.completed(s, int64(added))
	all, err := s.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var rescued, retried int64
	for _, q := range all {
		if q.Scheduled+q.Ready+q.Running+q.Dead != 0 {
			t.Errorf("left over: %+v", q)
		}
		rescued += q.Rescued
		retried += q.Retried
	}
	r := c.read()
	if rescued < int64(*kills/4) || r.redelivered < *kills/4 || stopped > 0 && canStop && r.lost == 0 {
		t.Errorf("%d rescued, %d delivered again, %d told that their lease was lost, at %d kills and %d stops: this proved too little", rescued, r.redelivered, r.lost, *kills, stopped)
	}
	t.Logf("%d jobs, %d kills, %d stops: %d leases ended without an outcome, %d failures tried again, %d acknowledgements seen, %d leases heard to be lost, %d starts of jobs delivered before",
		c.most, c.made-4, stopped, rescued, retried, len(r.acked), r.lost, r.redelivered)
}

// add adds jobs until there were so many.
func (c *crew) add(s queue.Store, rnd *rand.Rand, added *int, until int) {
	c.Helper()
	for *added < until {
		var jobs []queue.Job
		for len(jobs) < 500 && *added < until {
			jobs = append(jobs, queue.Job{
				ID: strconv.Itoa(*added), Kind: "work", Queue: []string{"a", "b"}[*added%2], Priority: rnd.IntN(3), Data: []byte("{}"),
			})
			*added++
		}
		if err := queue.On(s, time.Now).Add(c.Context(), jobs...); err != nil {
			c.Fatal(err)
		}
	}
}

// completed waits until so many jobs are done.
func (c *crew) completed(s queue.Store, want int64) {
	c.Helper()
	patience := time.NewTimer(5 * time.Minute)
	defer patience.Stop()
	look := time.NewTicker(3 * time.Millisecond)
	defer look.Stop()
	for {
		all, err := s.Stats(c.Context())
		if err != nil {
			c.Fatal(err)
		}
		n := int64(0)
		for _, q := range all {
			n += q.Completed
		}
		if n > int64(max(c.most, *killJobs)) {
			c.Fatalf("%d completed of %d jobs", n, c.most)
		}
		if n >= want {
			return
		}
		select {
		case <-look.C:
		case <-patience.C:
			c.Fatalf("%d jobs completed, want %d: some are lost: %+v", n, want, all)
		}
	}
}

// record is what the workers wrote.
type record struct {
	acked             map[string]bool
	redelivered, lost int
}

// read reads what all workers wrote, and judges it.
func (c *crew) read() record {
	c.Helper()
	r := record{acked: map[string]bool{}}
	first := map[string]int{} // starts that were told to be the first
	begun := map[string]bool{}
	logs, err := filepath.Glob(filepath.Join(c.dir, "worker*.log"))
	if err != nil || len(logs) != c.made {
		c.Fatalf("%d logs of %d workers: %v", len(logs), c.made, err)
	}
	for _, name := range logs {
		f, err := os.Open(name)
		if err != nil {
			c.Fatal(err)
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			what, rest, _ := strings.Cut(lines.Text(), " ")
			id, deliveries, _ := strings.Cut(rest, " ")
			switch {
			case what == "acked" && r.acked[id]:
				c.Errorf("job %s was acknowledged twice", id)
			case what == "acked":
				r.acked[id] = true
			case what == "lost":
				r.lost++
			case what == "start":
				begun[id] = true
				if deliveries == "1" {
					first[id]++
				} else {
					r.redelivered++
				}
			}
		}
		f.Close()
	}
	for i := range max(c.most, *killJobs) {
		id := strconv.Itoa(i)
		if !begun[id] {
			c.Errorf("job %s was never begun", id)
		}
		if first[id] > 1 {
			c.Errorf("job %s was begun %d times as if for the first time", id, first[id])
		}
	}
	return r
}
