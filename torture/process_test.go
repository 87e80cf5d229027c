package torture

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// usage is what a process has in hand.
type usage struct {
	rss        int // bytes of memory that the kernel counts
	open       int // descriptors
	goroutines int
	heap       int           // bytes of live and dead objects
	cpu        time.Duration // since its start
}

// usageOf reads what a daemon that was started with vitals uses. Where the kernel
// does not tell, only goroutines and heap are known.
func (r *rig) usageOf(pid int) (u usage) {
	r.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("%s.%d", r.vitals, pid))
	if err != nil {
		r.t.Fatalf("what process %d uses: %v\n%s", pid, err, r.tail())
	}
	if _, err := fmt.Sscanf(string(text), "goroutines %d heap %d", &u.goroutines, &u.heap); err != nil {
		r.t.Fatalf("%q: %v", text, err)
	}
	if runtime.GOOS != "linux" {
		return u
	}
	u.rss = status(r.t, pid, "VmRSS:")
	fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		r.t.Fatal(err)
	}
	u.open = len(fds)
	u.cpu = cpuOf(r.t, pid)
	return u
}

// status reads one field of the kernel's words on a process, in bytes.
func status(t *testing.T, pid int, field string) (n int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), field)
	if _, err := fmt.Sscanf(rest, "%d kB", &n); err != nil {
		t.Fatalf("reading the memory of the process: %v", err)
	}
	return n << 10
}

// cpuOf is the processor time of a process, from the fields utime and stime
// (proc(5)), counted in hundredths of a second on Linux.
func cpuOf(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	var user, system int
	if len(fields) < 13 {
		t.Fatalf("reading the time of the process: %q", text)
	}
	if _, err := fmt.Sscan(fields[11], &user); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(fields[12], &system); err != nil {
		t.Fatal(err)
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}
