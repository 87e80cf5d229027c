package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"collector/item"
	"collector/sonify"
	"collector/state"
)

// aDay is a store with likes eighteen, twelve and six hours ago, a limit and a
// failure three and two hours ago, and a network that needs somebody.
func aDay(s *seeder) {
	s.network("me", "github", "", "octocat", nil, state.Progress{})
	got, err := s.st.Claim(s.t.Context(), state.Claim{Mode: state.Initial, Owner: "seed", Now: noon, Until: noon.Add(time.Minute), N: 1, Services: map[string]int{"github": 1}})
	s.must(err)
	for i, hours := range []int{48, 18, 12, 6} {
		_, err := s.st.Commit(s.t.Context(), got[0].Lease, state.Page{
			ID: fmt.Sprint("p", i), Kind: "poll", Walk: 1, ObservedAt: noon.Add(time.Duration(-hours) * time.Hour),
			Items: []item.Item{thing(fmt.Sprint(i), "x")}, After: normal(),
		})
		s.must(err)
	}
	p := normal()
	p.Condition = state.NeedsSignIn
	p.Runs = []state.Run{
		{At: noon.Add(-30 * time.Hour), Kind: "poll", Fault: "temporary"},
		{At: noon.Add(-3 * time.Hour), Kind: "poll", Fault: "rate limited"},
		{At: noon.Add(-2 * time.Hour), Kind: "poll", Fault: "temporary"},
	}
	s.must(s.st.Release(s.t.Context(), got[0].Lease, p))
}

// pitch is the amplitude of a frequency in 0.4 seconds from a second on (Goertzel).
func pitch(wav []byte, freq, second float64) float64 {
	first := 44 + int(second*sonify.Rate)*4
	n := sonify.Rate * 2 / 5
	c := 2 * math.Cos(2*math.Pi*freq/sonify.Rate)
	var a, b float64
	for i := range n {
		l := int16(binary.LittleEndian.Uint16(wav[first+4*i:]))
		r := int16(binary.LittleEndian.Uint16(wav[first+4*i+2:]))
		hann := 1 - math.Cos(2*math.Pi*float64(i)/float64(n))
		a, b = (float64(l)+float64(r))/65536*hann+c*a-b, a
	}
	return 2 / float64(n) * math.Sqrt(max(0, a*a+b*b-c*a*b))
}

// TestSonify listens to a day: GitHub is C3 on a string.
func TestSonify(t *testing.T) {
	inFolder(t)
	seeded(t, aDay)
	p := program{now: atNoon}
	o := p.run(t, "sonify", "--length=24s", "--out=day.wav").must(t) // an hour is a second
	if want := "00:27 of sound: 3 likes, 0 gone, 1 limit and 1 failure\n"; o.err != want {
		t.Errorf("it says %q, want %q", o.err, want)
	}
	wav, err := os.ReadFile("day.wav")
	if err != nil {
		t.Fatal(err)
	}
	const c3 = 130.8128
	for _, c := range []struct {
		second, freq float64
		heard        bool
		what         string
	}{
		{1, c3, false, "a like before anything"},
		{6, c3, true, "the like eighteen hours ago"},
		{12, c3, true, "the like twelve hours ago"},
		{15, c3, false, "a like between two"},
		{18, c3, true, "the like six hours ago"},
		{21.375, c3 * 2 / 3, true, "the sigh of the limit"},
		{22.125, c3 * math.Sqrt2, true, "the tremble of the failure"},
		{20, c3 * math.Sqrt2, false, "a failure before it"},
		{24.625, c3 * 2, true, "the call at the end"},
	} {
		if l := pitch(wav, c.freq, c.second); l > .03 != c.heard {
			t.Errorf("at second %g %s is at %.4f; heard: want %t", c.second, c.what, l, c.heard)
		}
	}
	if size := binary.LittleEndian.Uint32(wav[40:]); int(size) != len(wav)-44 {
		t.Errorf("the header tells of %d bytes, there are %d", size, len(wav)-44)
	}
	p.run(t, "sonify", "--length=24s", "--out=day.wav").must(t) // in the place of the one before
	if o := p.run(t, "sonify", "--length=24s", "--out=-").must(t); o.out != string(wav) {
		t.Error("the same history gives another sound")
	}
	if o := p.run(t, "sonify", "--length=24s", "--out=-", "--user=other").must(t); bytes.Equal([]byte(o.out), wav) || !strings.Contains(o.err, " 0 likes, ") {
		t.Errorf("another user has this one's sound: %q", o.err)
	}
	seeded(t, func(s *seeder) {
		_, err := s.st.PruneChanges(t.Context(), noon.Add(-20*time.Hour))
		s.must(err)
	})
	if o := p.run(t, "sonify", "--length=24s", "--out=-").must(t); o.out != string(wav) {
		t.Error("a log that no longer has what was before the day gives another sound")
	}
	if o := p.run(t, "sonify", "--since=7h", "--length=7s", "--out=-").must(t); !strings.Contains(o.err, " 1 like, ") {
		t.Errorf("seven hours: %q", o.err)
	}
}

func TestSonifyMistakes(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	for _, c := range []struct {
		args string
		code int
	}{
		{"", exitUsage},
		{"--out=x --since=1s", exitUsage},
		{"--out=x --since=1000h", exitUsage},
		{"--out=x --length=0s", exitUsage},
		{"--out=x --length=2h", exitUsage},
		{"--out=x --length=2m --since=1m", exitUsage},
		{"--out=none/x", exitReadOnly},
		{"--out=collector.db", exitUsage},
		{"--out=.", exitUsage},
	} {
		if o := (program{now: atNoon}).run(t, append([]string{"sonify"}, strings.Fields(c.args)...)...); o.code != c.code || o.err == "" {
			t.Errorf("sonify %s ends with %d: %s", c.args, o.code, o.err)
		}
	}
	if list, err := os.ReadDir("."); err != nil || len(list) != 1 {
		t.Errorf("mistakes leave files: %v %v", list, err)
	}
}

// TestEveryServiceHasASound: a service that has no place of its own would sound like another.
func TestEveryServiceHasASound(t *testing.T) {
	for _, in := range newApp(nil, nil, nil, nil).infos() {
		if !sonify.Known(in.Name) {
			t.Errorf("append %s to the places in sonify/place.go", in.Name)
		}
	}
}
