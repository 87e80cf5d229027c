package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestSonifyBothWays gives the same sound to the byte, and says the same.
func TestSonifyBothWays(t *testing.T) {
	inFolder(t)
	seeded(t, aDay)
	address, _ := served(t, nil)
	to := map[string][]string{"store": {"--api=off"}, "socket": {"--api=unix:collector.db.sock"}, "address": {"--api=" + address, "--api-token-file=" + tokenFile(t, "--all-users", "--scopes=read,admin")}}
	p := program{now: atNoon}
	for _, args := range []string{
		"--length=24s --out=-", "--since=7h30m0.5s --length=7s --out=-", "--length=2s --out=- --user=other", "--length=2s --out=-  --user=me",
		"--out=x --since=1s", "--out=collector.db", "--out=x --length=2m --since=1m", "--length=2s --out=- --quiet",
	} {
		want := p.run(t, append(append([]string{"sonify"}, strings.Fields(args)...), to["store"]...)...)
		for _, way := range []string{"socket", "address"} {
			got := p.run(t, slices.Concat([]string{"sonify"}, strings.Fields(args), to[way])...)
			if got != want {
				t.Errorf("%s over the %s: %d, %d bytes, %q\nand at the store: %d, %d bytes, %q", args, way, got.code, len(got.out), got.err, want.code, len(want.out), want.err)
			}
		}
	}
	p.run(t, append([]string{"sonify", "--length=2s", "--out=day.wav"}, to["socket"]...)...).must(t)
	want := p.run(t, "sonify", "--length=2s", "--out=-", "--api=off").must(t)
	if got, err := os.ReadFile("day.wav"); err != nil || string(got) != want.out || !strings.Contains(want.err, "3 likes") {
		t.Errorf("another sound: %v, %s", err, want.err)
	}
	none := tokenFile(t, "--user=anna", "--scopes=read")
	if o := p.run(t, "sonify", "--length=2s", "--out=-", "--api="+address, "--api-token-file="+none).must(t); !strings.Contains(o.err, " 0 likes") {
		t.Errorf("anna hears %s", o.err)
	}
}
