package torture

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"collector/simulate"
)

// Promises R8 and R9: 64 workers, all but two of them under every attack on
// memory and time at once. The process stays below 150 MB, and the two that are
// well are collected.
func TestHostileServices(t *testing.T) {
	r := newRig(t, unlimited())
	attacks := []string{
		simulate.Bomb, simulate.EndlessBody, simulate.Big, simulate.Deep, simulate.Drip, simulate.EndlessHeaders,
		simulate.CutJSON, simulate.Hang, simulate.EndlessNext, simulate.SelfNext, simulate.Growing, simulate.ForeignNext,
		simulate.CycleNext, simulate.EmptyNext, simulate.Nul, simulate.HTML, simulate.Charset,
	}
	var specs []simulate.Spec
	for i := range 62 {
		specs = append(specs, simulate.Spec{Service: simulate.GitHub, Name: fmt.Sprintf("hit%d", i), Likes: 150})
	}
	specs = append(specs, simulate.Spec{Service: simulate.GitHub, Name: "well", Likes: 350}, simulate.Spec{Service: simulate.Bluesky, Name: "well.bsky.social", Likes: 350})
	r.add(specs...)
	for i, a := range r.sim.Accounts()[:62] {
		r.sim.AddFault(simulate.Fault{Kind: attacks[i%len(attacks)], Account: a.Key, Path: "starred", Bytes: 0})
	}
	daemon := r.start("--workers=64")
	most, begun := 0, time.Now()
	well := r.sim.Accounts()[62:]
	// Memory grows with what is under way at once, so it is watched for a while
	// also when the two that are well have long been collected.
	r.await("the networks that are well collected while others attack", 2*time.Minute, func() bool {
		most = max(most, resident(t, daemon.Process.Pid))
		time.Sleep(200 * time.Millisecond)
		collected := 0
		for _, a := range well {
			var items int
			r.query(&items, "SELECT coalesce(sum(items), 0) FROM networks WHERE remote_id = ?", a.ID)
			collected += items
		}
		return collected == 700 && time.Since(begun) > 20*time.Second
	})
	struck := 0
	for _, kind := range attacks {
		struck += r.sim.Struck(kind)
	}
	t.Logf("%d attacks struck, at most %d MB resident", struck, most>>20)
	if most > 150_000_000 {
		t.Errorf("%d MB resident, 150 at most", most/1_000_000)
	}
	if struck < 62 {
		t.Errorf("%d attacks struck: they prove nothing", struck)
	}
	if took, err := r.stop(daemon); err != nil || took > 12*time.Second {
		t.Errorf("stopping under attack took %v: %v", took, err)
	}
}

// resident is how many bytes of memory a process has had at most.
func resident(t *testing.T, pid int) (n int) {
	if runtime.GOOS != "linux" {
		return 1 // the kernel of this system does not tell
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	if _, err := fmt.Sscanf(rest, "%d kB", &n); err != nil {
		t.Fatalf("reading the memory of the process: %v", err)
	}
	return n << 10
}
