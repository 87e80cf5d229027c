package torture

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/simulate"
)

var (
	ofBackups  = []string{"backup.before", "backup.copied", "backup.checked", "backup.after"}
	ofRestores = []string{
		"restore.clearing@1", "restore.before", "restore.copied", "restore.upgraded", "restore.settled", "restore.ready",
		"restore.folded", "restore.aside", "restore.swapped", "restore.clearing@2", "restore.after",
	}
)

// backing is a series of rounds over one store, which goes back to a backup in
// each of them.
type backing struct {
	*rig
	rnd     *rand.Rand
	daemon  *exec.Cmd
	died    map[string]int // by point: kills of backups and restores
	struck  map[string]int // by phase of a backup: kills of the daemon that it copies
	told    int            // backups that were reported done
	unnamed int            // backups that were killed before their name
	named   int            // backups that were killed between their name and the report
	halves  map[string]int // what restore makes of a file that never got its name
	pages   int            // committed while backups were made
	old     int            // restores that were killed before the swap
	swapped int            // and after it
	refused int            // restores while a daemon was at work
}

// Promise R18: a daemon collects while its store is backed up, and either of them
// is killed meanwhile. Each backup that was reported done is restored, over the
// store, over what a disk left of it, or where it is lost, by restores that are
// killed themselves; the daemon on it collects on to the truth.
func TestBackupsOfADaemonAtWork(t *testing.T) {
	o := unlimited()
	o.Latency, o.RefreshGrace = 15*time.Millisecond, -1 // a sign-in that was renewed is void in its old form
	b := &backing{rig: newRig(t, o), rnd: rand.New(rand.NewPCG(*seed, 18)), died: map[string]int{}, struck: map[string]int{}, halves: map[string]int{}}
	b.env = append(b.env, "COLLECTOR_MASTODON_POLL_MIN=20s", "COLLECTOR_MASTODON_POLL_MAX=30s") // an address has 300 calls in five minutes
	b.add(
		simulate.Spec{Service: simulate.GitHub, Likes: 1500}, simulate.Spec{Service: simulate.GitHub, Likes: 150},
		simulate.Spec{Service: simulate.Mastodon, Likes: 120}, simulate.Spec{Service: simulate.Bluesky, Likes: 700},
	)
	begun := time.Now()
	for round := range *backups {
		b.round(round)
	}
	t.Logf("seed %d: %d rounds in %v: %d backups reported done and restored to the truth, %d pages committed while they were made", *seed, *backups, time.Since(begun).Round(time.Second), b.told, b.pages)
	t.Logf("killed backups: %d never had their name (their halves: %v), %d had it and were whole", b.unnamed, b.halves, b.named)
	t.Logf("killed restores: %d left the old store, %d the new one; %d refused while a daemon worked", b.old, b.swapped, b.refused)
	t.Logf("daemons killed while a backup was after: %v", b.struck)
	for _, point := range slices.Concat(ofBackups, ofRestores) {
		if t.Logf("%-20s died %4d times", point, b.died[point]); b.died[point] == 0 && *backups >= 4 {
			t.Errorf("nobody died at %s", point)
		}
	}
	if *long && (len(b.struck) == 0 || b.pages == 0) {
		t.Error("no daemon was killed during a backup, or no page was committed meanwhile: this proves too little")
	}
	b.last()
}

func (b *backing) round(round int) {
	b.t.Helper()
	if round%4 == 0 { // so that backups strike a history that is being read
		b.add(simulate.Spec{Service: simulate.GitHub, Likes: 700})
	}
	b.news(b.rnd, max(2, 120/len(b.sim.Accounts())))
	b.working()
	made := b.backUp(round)
	b.live(round, made)
	b.daemon.Process.Kill()
	b.daemon.Wait()
	b.restore(round, made)
	b.collect()
	b.compareItems()
	b.t.Logf("round %d: %d restores died before the swap and %d after it so far", round, b.old, b.swapped)
	b.remove(b.beside("*.before-restore-*")...)
	b.remove(b.beside("backup-*")...)
	b.leaks()
	b.mu.Lock()
	b.output.Reset() // an export a round is much to keep
	b.mu.Unlock()
}

// working starts a daemon, and waits until it has stored a page.
func (b *backing) working() {
	b.t.Helper()
	before := b.rig.pages()
	b.daemon = b.start()
	b.await("a page of this daemon", patience, func() bool { return b.rig.pages() > before })
}

// backUp makes backups, of which all but the last may die, until one is reported
// done; it is the one that is returned.
func (b *backing) backUp(round int) string {
	b.t.Helper()
	switch round % 4 {
	case 0: // the daemon dies
		return b.struckDaemon(round, true)
	case 1: // the backup dies, at each step
		for _, point := range ofBackups {
			b.killedBackup(round, point)
		}
	case 2: // both die
		b.struckDaemon(round, false)
		b.working()
	default: // the backup dies at any moment
		for range 3 {
			b.killedBackup(round, "")
		}
	}
	before := b.rig.pages()
	target := b.target(round, round%8 < 4)
	if err := b.backup(target, "").Run(); err != nil {
		b.t.Fatalf("round %d: the backup: %v\n%s", round, err, b.tail())
	}
	b.done(target, before)
	return target
}

// target is the name of a backup: of a new file, or of one that is replaced.
func (b *backing) target(round int, fresh bool) string {
	if fresh {
		return filepath.Join(b.dir, fmt.Sprintf("backup-%d", round))
	}
	return filepath.Join(b.dir, "backup")
}

// backup is a backup that dies at a point, or (with a point=sleep:…) takes longer there.
func (b *backing) backup(target, fault string) *exec.Cmd {
	cmd := b.command("backup", "--force", target)
	cmd.Env = append(slices.Clone(b.env), "COLLECTOR_FAILPOINT="+fault, "COLLECTOR_FAILPOINT_LOG="+target+".points")
	os.Remove(target + ".points")
	return cmd
}

// struckDaemon kills the daemon while a backup is made, and the backup with it
// unless it is to be finished.
func (b *backing) struckDaemon(round int, finish bool) string {
	b.t.Helper()
	before := b.rig.pages()
	target := b.target(round, finish)
	was := b.read(target)
	cmd := b.backup(target, ofBackups[b.rnd.IntN(3)]+"=sleep:150ms")
	ended := b.begin(cmd)
	b.await("a copy in the making", patience, func() bool {
		return len(b.beside(filepath.Base(target)+".partial")) > 0 || lastPassed(target+".points") != "the start"
	})
	time.Sleep(time.Duration(b.rnd.IntN(120)) * time.Millisecond)
	b.daemon.Process.Kill()
	b.daemon.Wait()
	if !finish {
		cmd.Process.Kill()
	}
	phase := lastPassed(target + ".points")
	if err := <-ended; err != nil && finish {
		b.t.Fatalf("round %d: the backup of a daemon that died: %v\n%s", round, err, b.tail())
	} else if err != nil {
		b.struck[phase]++
		b.never(target, was, phase)
		return ""
	}
	b.struck[phase]++
	b.done(target, before)
	return target
}

// begin starts a process and tells how it ended.
func (b *backing) begin(cmd *exec.Cmd) <-chan error {
	b.t.Helper()
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	return ended
}

// killedBackup is a backup that dies at a point, or at any moment.
func (b *backing) killedBackup(round int, point string) {
	b.t.Helper()
	before := b.rig.pages()
	target := b.target(round, b.rnd.IntN(2) == 0)
	was := b.read(target)
	fault := point + "=kill"
	if point == "" {
		fault = ofBackups[b.rnd.IntN(len(ofBackups))] + "=sleep:60ms"
	}
	cmd := b.backup(target, fault)
	ended := b.begin(cmd)
	if point == "" {
		time.Sleep(time.Duration(b.rnd.IntN(250)) * time.Millisecond)
		cmd.Process.Kill()
	}
	err := <-ended
	switch {
	case err == nil && point == "":
		b.done(target, before) // it was quicker
		return
	case err == nil || err.Error() != "signal: killed":
		b.t.Fatalf("round %d: the backup that was to die at %s ended with %v\n%s", round, point, err, b.tail())
	case point != "":
		b.died[point]++
	}
	b.never(target, was, lastPassed(target+".points"))
}

// never holds what a backup left that was not reported done: nothing of its name
// but what was there, or, once it had reached its name, a whole copy. What has no
// name yet is no backup, and is refused as one unless it is whole.
func (b *backing) never(target, was, phase string) {
	b.t.Helper()
	now := b.read(target)
	switch {
	case now == was:
		b.unnamed++
	case strings.HasPrefix(now, whole) && (phase == "backup.checked" || phase == "backup.after"):
		b.named++
	default:
		b.t.Errorf("a backup that was killed after %s left %s under its name, where %s was", phase, now, was)
	}
	half := target + ".partial"
	if _, err := os.Stat(half); err != nil {
		return
	}
	scratch := filepath.Join(b.t.TempDir(), "s.db")
	cmd := b.command("restore", "--store=sqlite:"+scratch, half)
	switch err := cmd.Run(); {
	case err != nil && b.read(scratch) == none:
		b.halves["refused"]++
	case err == nil && strings.HasPrefix(b.read(scratch), whole):
		b.halves["whole"]++
	default:
		b.t.Errorf("half a copy (killed after %s): restoring it: %v, and made %s", phase, err, b.read(scratch))
	}
}
