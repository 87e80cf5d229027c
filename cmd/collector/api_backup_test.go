package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestBackupBothWays says the same to the byte, and makes a store that is whole; what is refused
// changes nothing.
func TestBackupBothWays(t *testing.T) {
	to := ways(t)
	for i, args := range to { // the file here is another one than the store there
		to[i] = slices.DeleteFunc(args, func(s string) bool { return strings.HasPrefix(s, "--store=") })
	}
	write(t, "there", "precious")
	p := program{now: atNoon}
	lines := [][]string{
		{"backup", "b"}, {"backup", "b"}, {"backup", "--force", "b"}, {"backup", "there"}, {"backup", "no/where"}, {"backup"}, {"backup", "."}, {"backup", "b", "--quiet", "--force"},
	}
	var want []outcome
	for _, way := range []string{"store", "socket", "address"} {
		for i, args := range lines {
			got := p.run(t, append(slices.Clone(args), to[way]...)...)
			if way == "store" {
				want = append(want, got)
			} else if got != want[i] {
				t.Errorf("%v over the %s: %+v\nand at the store: %+v", args, way, got, want[i])
			}
		}
		if in, err := os.Stat("b"); err != nil || in.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", in, err)
		}
		out := p.run(t, append([]string{"backup", "-"}, to[way]...)...).must(t)
		write(t, "streamed", out.out)
		for _, made := range []string{"b", "streamed"} {
			exported := p.run(t, "export", "--api=off", "--store=sqlite:"+made).must(t)
			if all := p.run(t, "export", "--api=off").must(t); exported.out != all.out || all.out == "" {
				t.Errorf("%s, made over the %s, holds something else", made, way)
			}
			for _, name := range []string{made, made + "-wal", made + "-shm", made + ".owners"} {
				if err := os.RemoveAll(name); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if want[0].code != exitOK || want[1].code != exitUsage || want[2].code != exitOK || want[7].err != "" {
		t.Errorf("%+v", want)
	}
	if string(read(t, "there")) != "precious" {
		t.Error("a file that was there is another one")
	}
	for _, begin := range []string{".collector-*", "*.partial*"} {
		if left, err := filepath.Glob(begin); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v %v", left, err)
		}
	}
	for _, file := range []string{"collector.db"} {
		if o := p.run(t, "backup", "--force", file, "--api=unix:collector.db.sock"); o.code != exitUsage || !strings.Contains(o.err, "a store that collectors use") {
			t.Errorf("the store itself: %d %s", o.code, o.err)
		}
	}
}

// TestABackupNeedsTheOperator, and a store that is a file.
func TestABackupNeedsTheOperator(t *testing.T) {
	inFolder(t)
	seeded(t, forBoth)
	address, stop := served(t, nil)
	p := program{now: atNoon}
	token := tokenFile(t, "--user=anna", "--scopes=read,write,feeds")
	if o := p.run(t, "backup", "b", "--api="+address, "--api-token-file="+token); o.code != exitPermanent || !strings.Contains(o.err, "for the operator alone") {
		t.Errorf("anna: %d %s", o.code, o.err)
	}
	stop()
	folder, err := os.MkdirTemp("", "c") // the name of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	served(t, []string{"XDG_RUNTIME_DIR=" + folder}, "--store=memory:")
	p.env = map[string]string{"XDG_RUNTIME_DIR": folder}
	want := p.run(t, "backup", "b", "--store=memory:", "--api=off")
	if o := p.run(t, "backup", "b", "--store=memory:", "--api=socket"); o != want || o.code != exitUsage {
		t.Errorf("of a store in memory: %+v, and here %+v", o, want)
	}
	if _, err := os.Stat("b"); err == nil {
		t.Error("a file was made")
	}
}

// TestABackupLeavesRoom: a copy for who asks from elsewhere never takes what collecting needs.
func TestABackupLeavesRoom(t *testing.T) {
	inFolder(t)
	seeded(t, forBoth)
	served(t, nil, "--disk-floor=2TB")
	o := program{now: atNoon}.run(t, "backup", "b", "--api=socket")
	if o.code != exitReadOnly || !strings.Contains(o.err, "no room beside the store") || !strings.Contains(o.err, "next:") {
		t.Errorf("%d %s", o.code, o.err)
	}
}
