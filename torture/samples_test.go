package torture

import (
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// lastingModes are the daemons of a soak that live from its begin to its end.
var lastingModes = [...]string{"initial", "normal"}

// sample is one look at everything.
type sample struct {
	at       time.Duration
	use      [len(lastingModes)]usage
	db, wal  int64         // bytes
	late     time.Duration // of the network that is due and free for longest
	oldest   time.Duration // since the last success of the network whose success is longest ago
	items    int
	asked    int
	kills    int
	networks int
	backfill int // networks still in the mode initial
}

func (r *rig) sample(at time.Duration, c *chaos, lasting map[string]*exec.Cmd) sample {
	r.t.Helper()
	s := sample{at: at, asked: r.sim.Total(), kills: len(c.deaths)}
	for i, mode := range lastingModes {
		s.use[i] = r.usageOf(lasting[mode].Process.Pid)
	}
	s.db, s.wal = size(r.dir, "c.db"), size(r.dir, "c.db-wal")
	now := time.Now().UnixMilli()
	var late, oldest int64
	r.query(&late, "SELECT coalesce(max(? - wake_at), 0) FROM leases WHERE wake_at > 1000 AND owner IS NULL", now) // below: a person asked
	r.query(&oldest, `SELECT coalesce(max(? / 1000 - unixepoch(json_extract(progress, '$.lastOkAt'))), 0)
		FROM networks n JOIN leases l ON l.net = n.num WHERE l.paused = 0 AND json_extract(progress, '$.mode') = 'normal'`, now)
	s.late, s.oldest = max(0, time.Duration(late)*time.Millisecond), time.Duration(oldest)*time.Second
	r.query(&s.items, "SELECT coalesce(sum(items), 0) FROM networks")
	r.query(&s.networks, "SELECT count(*) FROM leases")
	r.query(&s.backfill, "SELECT count(*) FROM networks WHERE json_extract(progress, '$.mode') = 'initial'")
	return s
}

func size(dir, name string) int64 {
	if in, err := os.Stat(filepath.Join(dir, name)); err == nil {
		return in.Size()
	}
	return 0 // no file now: nothing
}

// writeSamples replaces the file of samples.
func writeSamples(t *testing.T, samples []sample) {
	t.Helper()
	head := []string{"seconds"}
	for _, mode := range lastingModes {
		for _, what := range []string{"rss_kb", "descriptors", "goroutines", "heap_kb", "cpu_ms"} {
			head = append(head, mode+"_"+what)
		}
	}
	rows := [][]string{append(head, "db_kb", "wal_kb", "late_ms", "oldest_s", "networks", "backfills", "items", "requests", "kills")}
	for _, s := range samples {
		row := []int{int(s.at.Seconds())}
		for _, u := range s.use {
			row = append(row, u.rss>>10, u.open, u.goroutines, u.heap>>10, int(u.cpu.Milliseconds()))
		}
		row = append(row, int(s.db>>10), int(s.wal>>10), int(s.late.Milliseconds()), int(s.oldest.Seconds()), s.networks, s.backfill, s.items, s.asked, s.kills)
		var text []string
		for _, n := range row {
			text = append(text, strconv.Itoa(n))
		}
		rows = append(rows, text)
	}
	if err := os.MkdirAll(filepath.Dir(*soakFile), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(*soakFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := csv.NewWriter(f).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
}

// judge holds the samples after the first quarter to the bounds: at most a
// megabyte of memory more an hour, descriptors and goroutines flat, nobody
// overdue. A short soak is too short for a slope: it is held to not growing much.
func judge(t *testing.T, p soakPlan, samples []sample) {
	t.Helper()
	if p.long {
		writeSamples(t, samples)
	}
	late, oldest := time.Duration(0), time.Duration(0)
	var wal int64
	for _, s := range samples {
		wal = max(wal, s.wal)
	}
	rest := samples[len(samples)/4:] // before, everything is due at once
	for _, s := range rest {
		late, oldest = max(late, s.late), max(oldest, s.oldest)
	}
	last := samples[len(samples)-1]
	t.Logf("%d samples: database %d MB, write-ahead log at most %d MB, at most %v overdue, last success at most %v ago", len(samples), last.db>>20, wal>>20, late, oldest)
	if late > p.overdue {
		t.Errorf("a network was overdue for %v, %v at most", late, p.overdue)
	}
	if most := p.poll + p.overdue; oldest > most {
		t.Errorf("the last success of a network was %v ago, %v at most", oldest, most)
	}
	for i, mode := range lastingModes {
		memory := slope(rest, func(s sample) float64 { return float64(s.use[i].rss) / 1e6 })
		open := slope(rest, func(s sample) float64 { return float64(s.use[i].open) })
		routines := slope(rest, func(s sample) float64 { return float64(s.use[i].goroutines) })
		u := last.use[i]
		t.Logf("--mode=%s: %+.2f MB, %+.2f descriptors, %+.2f goroutines an hour; at the end %d MB, heap %d MB, %d descriptors, %d goroutines, %v of CPU",
			mode, memory, open, routines, u.rss>>20, u.heap>>20, u.open, u.goroutines, u.cpu)
		if p.long && (memory > 1 || open > 1 || routines > 1) {
			t.Errorf("--mode=%s grows: %+.2f MB, %+.2f descriptors, %+.2f goroutines an hour, 1 at most", mode, memory, open, routines)
		}
		if u.rss > 150_000_000 || u.open > 100 || u.goroutines > 200 {
			t.Errorf("--mode=%s at the end: %s", mode, fmt.Sprintf("%d MB, %d descriptors, %d goroutines", u.rss>>20, u.open, u.goroutines))
		}
	}
}

// slope is how much a value grows in an hour: the median of the slopes between
// all pairs of samples (Theil and Sen), which single peaks do not move.
func slope(samples []sample, of func(sample) float64) float64 {
	var all []float64
	for i, a := range samples {
		for _, b := range samples[i+1:] {
			if d := (b.at - a.at).Hours(); d > 0 {
				all = append(all, (of(b)-of(a))/d)
			}
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}
