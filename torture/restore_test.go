package torture

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"collector/simulate"
)

// done holds a backup that was reported done: it is whole, all pages stored
// before it began are in it, and no page without the ones before it.
func (b *backing) done(target string, before int) {
	b.t.Helper()
	after := b.rig.pages()
	b.told++
	b.pages += after - before
	if got := b.read(target); !strings.HasPrefix(got, whole) {
		b.t.Errorf("%s was reported done and is %s", filepath.Base(target), got)
	}
	var n, low, high int
	err := b.over(target, func(db *sql.DB) error {
		return db.QueryRow("SELECT count(*), coalesce(min(seq), 1), coalesce(max(seq), 0) FROM changes").Scan(&n, &low, &high)
	})
	if err != nil {
		b.t.Fatal(err)
	}
	if high < before || high > after || n != high-low+1 {
		b.t.Errorf("the backup has %d pages, from %d to %d; %d were stored before it and %d after it", n, low, high, before, after)
	}
	if left := b.beside(filepath.Base(target) + ".partial*"); len(left) > 0 {
		b.t.Errorf("beside a finished backup stands %q", left)
	}
}

// live goes on collecting for a while: what comes after the backup is what a
// restore takes back. Nobody can restore meanwhile.
func (b *backing) live(round int, backup string) {
	b.t.Helper()
	if b.daemon.ProcessState != nil {
		b.daemon = b.start()
	}
	b.news(b.rnd, max(2, 80/len(b.sim.Accounts())))
	signIns := "SELECT coalesce(sum(version), 0) FROM credentials"
	var was, now, people int
	b.query(&was, signIns)
	for _, a := range b.sim.Accounts() {
		if a.Service == simulate.Bluesky {
			people++
		}
	}
	if round%2 == 0 {
		b.expire()
	}
	stored := b.rig.pages()
	b.do("sync", b.command("sync", "--all"))
	b.await("pages after the backup", patience, func() bool { return b.rig.pages() > stored })
	if round%2 == 0 {
		b.await("sign-ins renewed after the backup", patience, func() bool { b.query(&now, signIns); return now >= was+people })
	}
	if out, err := b.answer("restore", backup); err == nil || !strings.Contains(out, "a collector works with") {
		b.t.Errorf("round %d: restoring while a daemon was at work: %v: %s", round, err, out)
	}
	b.refused++
}

// restore puts a backup in place, after restores that were killed.
func (b *backing) restore(round int, backup string) {
	b.t.Helper()
	path := filepath.Join(b.dir, "c.db")
	var deaths []string // points; "" is any moment
	switch round % 4 {
	case 0, 2: // the store is there, with the log of the daemon that died
		half := (len(ofRestores) + 1) / 2
		deaths = ofRestores[round%4/2*(len(ofRestores)-half):][:half]
	case 1: // it is lost
		deaths = []string{"", ""}
		b.remove(path, path+"-wal", path+"-shm")
	default: // the disk has spoiled it
		deaths = []string{"", ""}
		b.remove(path+"-wal", path+"-shm")
		if err := b.spoil(path); err != nil {
			b.t.Fatal(err)
		}
	}
	former, want := b.read(path), b.read(backup)
	was := former
	for _, point := range deaths {
		err := b.dies(point, backup)
		if err == nil && point != "" || err != nil && err.Error() != "signal: killed" {
			b.t.Fatalf("round %d: the restore that was to die at %q ended with %v\n%s", round, point, err, b.tail())
		}
		now := b.read(path)
		late := slices.Index(ofRestores, point) >= slices.Index(ofRestores, "restore.swapped")
		switch {
		case now != was && now != want:
			b.t.Errorf("round %d: a restore that died at %q left %s, neither %s nor %s", round, point, now, was, want)
		case point != "" && late && now != want:
			b.t.Errorf("round %d: a restore that died at %q left the old store", round, point)
		case point != "" && !late && now != was:
			b.t.Errorf("round %d: a restore that died at %q left the new store", round, point)
		case err == nil: // it was quicker
		case now == was && now != want:
			b.old++
		default:
			b.swapped++
		}
		if was = now; point != "" {
			b.died[point]++
		}
	}
	b.do("restoring", b.command("restore", backup))
	if got := b.read(path); got != want {
		b.t.Errorf("round %d: the restore left %s, the backup is %s", round, got, want)
	}
	if got := b.read(backup); got != want {
		b.t.Errorf("round %d: the backup was %s and is %s", round, want, got)
	}
	kept := 0
	for _, name := range b.beside("c.db.before-restore-*") {
		if strings.HasSuffix(name, ".partial") || strings.HasSuffix(name, ".copy") {
			b.t.Errorf("round %d: %s is left", round, filepath.Base(name))
		}
		if b.read(name) == former {
			kept++
		}
	}
	if former != none && former != want && kept != 1 {
		b.t.Errorf("round %d: the former store is kept %d times", round, kept)
	}
	if left := b.beside("c.db.restore-*"); len(left) > 0 {
		b.t.Errorf("round %d: left are %q", round, left)
	}
}

// dies is a restore that is killed at a point, or at any moment.
func (b *backing) dies(point, backup string) error {
	b.t.Helper()
	cmd := b.command("restore", backup)
	if point != "" {
		name, nth, found := strings.Cut(point, "@")
		if found {
			nth = "@" + nth
		}
		cmd.Env = append(slices.Clone(b.env), "COLLECTOR_FAILPOINT="+name+"=kill"+nth)
		return cmd.Run()
	}
	ended := b.begin(cmd)
	time.Sleep(time.Duration(b.rnd.IntN(300)) * time.Millisecond)
	cmd.Process.Kill()
	return <-ended
}

// collect has daemons make passes over everything until all of it is read.
func (b *backing) collect() {
	b.t.Helper()
	for _, n := range []int{1, 2} { // the second one polls what was liked during a backfill
		b.do("sync", b.command("sync", "--all"))
		open := "?"
		for end := time.Now().Add(patience); open != "" && time.Now().Before(end); {
			b.do("a pass", b.command("--once"))
			b.query(&open, `SELECT coalesce(min(service || '/' || account || ' ' || progress), '') FROM networks
				WHERE json_extract(progress, '$.mode') <> 'normal' OR json_extract(progress, '$.walk') IS NOT NULL`)
		}
		if open != "" {
			b.t.Fatalf("after pass %d not all is collected: %s", n, open)
		}
	}
}

// last has a daemon that nobody kills collect what came meanwhile.
func (b *backing) last() {
	b.t.Helper()
	b.env = append(b.env, "COLLECTOR_LEASE=30s") // a slow machine loses none
	daemon := b.start()
	b.news(b.rnd, 30)
	b.do("sync", b.command("sync", "--all"))
	want, got := 0, 0
	for _, a := range b.sim.Accounts() {
		want += len(b.sim.Likes(a.Key))
	}
	b.await(fmt.Sprintf("all %d items", want), patience, func() bool {
		b.query(&got, "SELECT sum(items) FROM networks")
		return got >= want
	})
	if _, err := b.stop(daemon); err != nil {
		b.t.Errorf("the last daemon: %v", err)
	}
	b.compare()
}

// beside lists the files in the folder of the store whose names fit.
func (b *backing) beside(pattern string) []string {
	names, err := filepath.Glob(filepath.Join(b.dir, pattern))
	if err != nil {
		b.t.Fatal(err)
	}
	return names
}

// remove deletes files that may be missing.
func (b *backing) remove(paths ...string) {
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			b.t.Fatal(err)
		}
	}
}

// spoil overwrites the beginning of a file.
func (b *backing) spoil(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt([]byte(strings.Repeat("\xff", 4096)), 0)
	return errors.Join(err, f.Close())
}
