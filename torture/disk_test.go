//go:build linux

package torture

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"collector/simulate"
)

// pausesOfDisk counts how often collecting said that the store cannot be written.
func (r *rig) pausesOfDisk() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Count(r.output.String(), "collecting pauses and goes on by itself")
}

// barred holds a daemon to what it promises while its disk takes nothing more,
// and afterwards: it lives and says so, what is stored can be read, and within
// 30 s of the disk being well pages are stored again.
func (r *rig) barred(daemon *exec.Cmd, heal func()) {
	r.t.Helper()
	r.await("the pause of collecting", time.Minute, func() bool { return r.pausesOfDisk() > 0 })
	if out, err := r.answer("search", "--json", "a"); err != nil {
		r.t.Errorf("search while nothing can be written: %v\n%s", err, out)
	}
	if out, err := r.answer("status"); err != nil || !strings.Contains(out, "networks:") {
		r.t.Errorf("status while nothing can be written: %v\n%s", err, out)
	}
	if err := daemon.Process.Signal(unix.Signal(0)); err != nil {
		r.t.Errorf("the daemon is gone: %v\n%s", err, r.tail())
	}
	stored := r.pages()
	heal()
	begun := time.Now()
	r.await("a page stored after the disk was well", 2*time.Minute, func() bool { return r.pages() > stored })
	r.t.Logf("%d pages stored when the disk refused, %d pauses; the next one %v after it was well", stored, r.pausesOfDisk(), time.Since(begun).Round(time.Millisecond))
	if took := time.Since(begun); took > 30*time.Second {
		r.t.Errorf("collecting went on after %v", took)
	}
	if _, err := r.stop(daemon); err != nil {
		r.t.Errorf("stopping: %v", err)
	}
	r.finish()
	r.compare()
}

// answer runs a command and returns what it printed.
func (r *rig) answer(args ...string) (string, error) {
	cmd := r.command(args...)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// Promise R14: a file system of 3 MiB fills up in the middle of the backfills and
// is enlarged later. Nothing is lost, and collecting goes on by itself.
func TestFullDisk(t *testing.T) {
	r := newRig(t, unlimited())
	disk := filepath.Join(r.dir, "disk")
	if err := os.Mkdir(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("none", disk, "tmpfs", 0, "size=3m"); err != nil {
		t.Logf("this machine lets nobody mount (%v): the limit of a file's size, TestFileSizeLimit, stands for the full disk", err)
		return
	}
	t.Cleanup(func() {
		if err := unix.Unmount(disk, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	r.dir = disk
	r.env = append(r.env, "COLLECTOR_STORE=sqlite:"+filepath.Join(disk, "c.db"))
	r.add(simulate.Spec{Service: simulate.GitHub, Likes: 6000}, simulate.Spec{Service: simulate.Bluesky, Likes: 3000})
	r.barred(r.start(), func() {
		if err := unix.Mount("none", disk, "tmpfs", unix.MS_REMOUNT, "size=256m"); err != nil {
			t.Fatal(err)
		}
	})
}

// Promise R14: the same where the system lets files grow to 2 MiB only.
func TestFileSizeLimit(t *testing.T) {
	r := newRig(t, unlimited())
	r.add(simulate.Spec{Service: simulate.GitHub, Likes: 6000}, simulate.Spec{Service: simulate.Bluesky, Likes: 3000})
	daemon := r.start()
	var was unix.Rlimit
	bound := unix.Rlimit{Cur: 2 << 20, Max: unix.RLIM_INFINITY}
	if err := unix.Prlimit(daemon.Process.Pid, unix.RLIMIT_FSIZE, &bound, &was); err != nil {
		t.Fatal(err)
	}
	r.barred(daemon, func() {
		if err := unix.Prlimit(daemon.Process.Pid, unix.RLIMIT_FSIZE, &was, nil); err != nil {
			t.Fatal(err)
		}
	})
}
