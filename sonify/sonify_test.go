package sonify

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/sonify/sonifytest"
)

// begin is when sounds of tests begin.
var begin = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// after is the time of a step of a sound as fast as life.
func after(step int) time.Time { return begin.Add(time.Duration(step) * Step) }

// heard is a sound, of 1, both channels and their mean.
type heard struct{ left, right, mono []float64 }

// render renders a sound of so many steps and the tail.
func render(t *testing.T, steps int, events ...Event) heard {
	t.Helper()
	var out bytes.Buffer
	r, err := NewRenderer(&out, begin, Step)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if err := r.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(r.Advance(after(steps)), r.Ring()); err != nil {
		t.Fatal(err)
	}
	if want := Size(begin, after(steps), Step); int64(out.Len()) != want {
		t.Fatalf("%d bytes, Size says %d", out.Len(), want)
	}
	return listen(out.Bytes())
}

func listen(pcm []byte) heard {
	var h heard
	for both := range slices.Chunk(sonifytest.Samples(pcm), Channels) {
		l, r := both[0], both[1]
		h.left, h.right, h.mono = append(h.left, l), append(h.right, r), append(h.mono, (l+r)/2)
	}
	return h
}

func level(s []float64, freq float64) float64 { return sonifytest.Level(s, Rate, freq) }
func rms(s []float64) float64                 { return sonifytest.RMS(s) }
func db(x float64) float64                    { return sonifytest.DB(x) }

// steps cuts out the samples from one step to another.
func (h heard) steps(from, to int) []float64 { return h.mono[from*frames : to*frames] }

// loudest is the note of the scale that is loudest, as register and degree.
func loudest(s []float64) (reg, degree int) {
	best := 0.0
	for r := range registers {
		for d := range 3 {
			if l := level(s, note(r, d)); l > best {
				best, reg, degree = l, r, d
			}
		}
	}
	return reg, degree
}

// TestRegisters: each service is heard in its register, at the time of its like, and
// in no other step before.
func TestRegisters(t *testing.T) {
	for i, service := range known {
		const at = 8
		h := render(t, 24, Event{after(at), Like, service, 1})
		reg, degree := loudest(h.steps(at, at+3))
		if want := i * 3 % 7; reg != want || degree != 0 {
			t.Errorf("%s sounds in register %d, note %d, want %d, 0", service, reg, degree, want)
		}
		f := note(i*3%7, 0)
		before, with := level(h.steps(at-3, at), f), level(h.steps(at, at+3), f)
		if with < .025 || with < 10*before {
			t.Errorf("%s: %.1f dB before the like, %.1f dB with it", service, db(before), db(with))
		}
	}
}

// TestNotes holds the scale to known pitches.
func TestNotes(t *testing.T) {
	for _, c := range []struct {
		reg, degree int
		hz          float64
	}{{0, 0, 130.81}, {0, 2, 164.81}, {1, 2, 261.63}, {3, 0, 440}, {6, 2, 2093}} {
		if got := note(c.reg, c.degree); math.Abs(got-c.hz) > .01*c.hz/10 {
			t.Errorf("note %d of register %d is %.2f Hz, want %.2f", c.degree, c.reg, got, c.hz)
		}
	}
}

// TestServicesCanBeToldApart compares the spectra of all pairs that share a register,
// and the registers of the rest.
func TestServicesCanBeToldApart(t *testing.T) {
	prints := map[string][]float64{}
	for i, service := range known {
		h := render(t, 12, Event{after(4), Like, service, 1})
		var v []float64
		sum := 0.0
		for _, ratio := range []float64{1, 2, 2.756, 3, 4} {
			l := level(h.steps(4, 7), ratio*note(register(i), 0))
			v, sum = append(v, l), sum+l*l
		}
		for j := range v {
			v[j] /= math.Sqrt(sum)
		}
		prints[service] = v
	}
	for i, a := range known {
		for j, b := range known[:i] {
			if register(i) != register(j) {
				continue
			}
			same := 0.0
			for k := range prints[a] {
				same += prints[a][k] * prints[b][k]
			}
			if same > .97 {
				t.Errorf("%s and %s share a register and sound alike: %.3f of 1", a, b, same)
			}
		}
	}
}

// TestManyLikes: more likes are more notes and louder ones, and stay bounded.
func TestManyLikes(t *testing.T) {
	was := 0.0
	for _, c := range []struct{ n, notes int }{{1, 2}, {4, 2}, {5, 3}, {100, 3}, {math.MaxInt, 3}} {
		h := render(t, 12, Event{after(4), Like, "github", c.n}, Event{after(4), Like, "github", c.n})
		notes := 0
		for d := range 3 {
			if level(h.steps(4, 7), note(0, d)) > .03 {
				notes++
			}
		}
		if notes != c.notes {
			t.Errorf("twice %d likes are %d notes", c.n, notes)
		}
		if l := rms(h.steps(4, 7)); l <= was && c.n < math.MaxInt {
			t.Errorf("twice %d likes are not louder than fewer", c.n)
		} else {
			was = l
		}
	}
}

// TestMotifs: each kind is heard as its own figure on the service's note.
func TestMotifs(t *testing.T) {
	const at = 8
	f := note(register(place("reddit")), 0)
	for _, c := range []struct {
		kind  Kind
		notes map[int]float64 // by step of the figure, the ratio that is new in it
	}{
		{Removal, map[int]float64{0: 1, 2: .5}},
		{Limit, map[int]float64{0: 1, 3: 2. / 3}},
		{Failure, map[int]float64{0: 1, 1: math.Sqrt2, 3: math.Sqrt2}},
		{Call, map[int]float64{0: 1, 3: 1.5, 5: 2}},
	} {
		h := render(t, 32, Event{after(at), c.kind, "reddit", 1}, Event{after(at + 1), c.kind, "reddit", 1})
		for step, ratio := range c.notes {
			from := at + step
			before, with := level(h.steps(from-2, from), f*ratio), level(h.steps(from, from+2), f*ratio)
			if with < .03 || with < 1.15*before {
				t.Errorf("kind %d, step %d: the note %.2f goes from %.1f to %.1f dB", c.kind, step, ratio, db(before), db(with))
			}
		}
		for _, other := range []float64{.5, 2. / 3, math.Sqrt2, 1.5, 2} {
			own := false
			for _, ratio := range c.notes {
				own = own || ratio == other
			}
			if l := level(h.steps(at, at+8), f*other); !own && l > .02 && other != 2 {
				t.Errorf("kind %d also has the note %.2f at %.1f dB", c.kind, other, db(l))
			}
		}
	}
}

// TestLoadIsWind: more work is more wind, smoothly.
func TestLoadIsWind(t *testing.T) {
	var events []Event
	for step := range 32 {
		events = append(events, Event{after(16 + step), Load, "github", 40})
	}
	h := render(t, 80, events...)
	calm, busy, calmAgain := rms(h.steps(4, 16)), rms(h.steps(32, 48)), rms(h.steps(70, 80))
	if busy < 2*calm || calmAgain > 1.5*calm {
		t.Errorf("the wind goes %.1f, %.1f, %.1f dB", db(calm), db(busy), db(calmAgain))
	}
	if first := rms(h.steps(16, 17)); first > (calm+busy)/2 {
		t.Errorf("the wind rises at once, from %.1f to %.1f dB", db(calm), db(first))
	}
}

// TestNeverSilent listens to every half second of a day without an event.
func TestNeverSilent(t *testing.T) {
	h := render(t, 400)
	for s := 4; s+4 < 400; s += 4 {
		for name, c := range map[string][]float64{"left": h.left, "right": h.right} {
			if l := db(rms(c[s*frames : (s+4)*frames])); l < -60 || l > -35 {
				t.Errorf("step %d of a quiet day is at %.1f dB on the %s, want between -60 and -35", s, l, name)
			}
		}
	}
}

// TestNeverClips lets everything happen at once, on all places, for ten seconds.
func TestNeverClips(t *testing.T) {
	var events []Event
	for step := range 80 {
		for _, service := range known {
			for k := range kinds {
				events = append(events, Event{after(step), k, service, math.MaxInt})
			}
		}
	}
	h := render(t, 80, events...)
	top := 0.0
	for i := range h.left {
		top = max(top, math.Abs(h.left[i]), math.Abs(h.right[i]))
	}
	if top > Ceiling+.001 || top < .5 {
		t.Errorf("a storm reaches %.3f, want at most %.2f and at least half", top, Ceiling)
	}
	// No sample jumps as it does where one wraps around.
	for i := 1; i < len(h.left); i++ {
		if math.Abs(h.left[i]-h.left[i-1]) > 1.2 {
			t.Fatalf("frame %d jumps from %.2f to %.2f", i, h.left[i-1], h.left[i])
		}
	}
	for _, r := range []int{96, 104} { // it ends
		if l := db(rms(h.steps(r-1, r))); l > -20 {
			t.Errorf("step %d after the storm is at %.1f dB", r, l)
		}
	}
}

// TestVoicesAreBounded: the memory of a renderer does not depend on what happens.
func TestVoicesAreBounded(t *testing.T) {
	r, err := NewRenderer(new(bytes.Buffer), begin, Step)
	if err != nil {
		t.Fatal(err)
	}
	top := 0
	for step := range 60 {
		for i := range 200 {
			for k := range kinds {
				if err := r.Add(Event{after(step), k, fmt.Sprint("service", i), 1000}); err != nil {
					t.Fatal(err)
				}
			}
		}
		top = max(top, len(r.voices))
	}
	if top > maxVoices || top < likeVoices {
		t.Errorf("%d notes sound at once, want at most %d, and that many or so", top, maxVoices)
	}
}

// TestSameEventsSameSound: also in other portions, as a live stream renders them.
func TestSameEventsSameSound(t *testing.T) {
	sound := func(live bool) []byte {
		var out bytes.Buffer
		r, err := NewRenderer(&out, begin, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 300 {
			at := begin.Add(time.Duration(i) * 17 * time.Second)
			if live {
				for s := range 16 {
					err = errors.Join(err, r.Advance(at.Add(time.Duration(s-16)*time.Second)))
				}
			}
			err = errors.Join(err, r.Add(Event{at, Kind(i) % kinds, known[i%len(known)], i}))
		}
		if err := errors.Join(err, r.Ring()); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	if a := sound(false); !bytes.Equal(a, sound(false)) || !bytes.Equal(a, sound(true)) {
		t.Error("the same events give another sound")
	}
}

// TestLateEventsSoundNow: an event of the past is not lost.
func TestLateEventsSoundNow(t *testing.T) {
	h := render(t, 24, Event{after(10), Load, "", 1}, Event{after(2), Like, "github", 1})
	if reg, _ := loudest(h.steps(10, 13)); reg != 0 || level(h.steps(10, 13), note(0, 0)) < .03 {
		t.Error("a late like is not heard")
	}
}

// TestToldInPortions: events that are told late, in portions, sound as if each had been told
// in its time; what is further ahead than Ahead sounds with the last step of these.
func TestToldInPortions(t *testing.T) {
	live := func(portion int) []byte {
		var out bytes.Buffer
		r, err := NewRenderer(&out, begin, Step)
		for step := range 80 {
			if step%portion == 0 {
				for i := range portion {
					at := after(step + i)
					err = errors.Join(err, r.Expect(Event{at, Like, known[(step+i)%7], step + i}), r.Expect(Event{at, Load, "", 9}), r.Expect(Event{at, Kind(step+i) % kinds, "reddit", 1}))
				}
			}
			err = errors.Join(err, r.Advance(after(step+1)))
		}
		if err = errors.Join(err, r.Ring()); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	one := live(1)
	for _, portion := range []int{8, Ahead} {
		if !bytes.Equal(live(portion), one) {
			t.Errorf("told by %d steps the sound is another", portion)
		}
	}
	var out bytes.Buffer
	r, err := NewRenderer(&out, begin, Step)
	err = errors.Join(err, r.Advance(after(8)), r.Expect(Event{after(0), Like, "github", 1}), r.Expect(Event{after(900), Like, "youtube", 1}), r.Expect(Event{after(9), Like, "", 0}))
	if err = errors.Join(err, r.Advance(after(40))); err != nil {
		t.Fatal(err)
	}
	h := listen(out.Bytes())
	for service, at := range map[string]int{"github": 8, "youtube": 8 + Ahead - 1} {
		f := note(register(place(service)), 0)
		if was, is := level(h.steps(at-3, at), f), level(h.steps(at, at+3), f); is < .025 || is < 10*was {
			t.Errorf("%s at step %d goes from %.1f to %.1f dB", service, at, db(was), db(is))
		}
	}
	if err := r.Expect(Event{begin, kinds, "github", 1}); err == nil {
		t.Error("an event without a kind is taken")
	}
}

// TestMono: one channel is the mean of both, as loud as they are.
func TestMono(t *testing.T) {
	var both []byte
	for _, s := range []int16{math.MaxInt16, math.MaxInt16, math.MinInt16, math.MinInt16, 100, -300, 7, 0} {
		both = binary.LittleEndian.AppendUint16(both, uint16(s))
	}
	var got []int16
	for one := range slices.Chunk(Mono(both), 2) {
		got = append(got, int16(binary.LittleEndian.Uint16(one)))
	}
	if want := []int16{math.MaxInt16, math.MinInt16, -100, 3}; !slices.Equal(got, want) {
		t.Errorf("%d, want %d", got, want)
	}
}

// TestRiddle reads what is hidden, from the samples alone.
func TestRiddle(t *testing.T) {
	var events []Event
	for step := range 260 { // it can be read on a busy day, too
		if step%3 == 0 {
			events = append(events, Event{after(step), Like, known[step%len(known)], 1 + step%20}, Event{after(step), Load, "", step})
		}
	}
	h := render(t, 260, events...)
	var keyed strings.Builder
	for s := range 250 {
		keyed.WriteByte(" #"[btoi(level(h.steps(s, s+1), riddlePitch) > riddleLevel/2)])
	}
	if !sonifytest.Solves(sonifytest.Morse(keyed.String()[:len(marks)-14])) {
		t.Errorf("what is hidden cannot be read: %q", keyed.String())
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestKnownOnce: no service has two places, and all have room.
func TestKnownOnce(t *testing.T) {
	sorted := slices.Sorted(slices.Values(known))
	if len(slices.Compact(sorted)) != len(known) || len(known) > places {
		t.Errorf("%d services for %d places: %v", len(known), places, sorted)
	}
	if !Known("github") || Known("other") {
		t.Error("a service is known that is not, or the other way")
	}
	for i := range 1000 {
		if p := place(fmt.Sprint("other", i)); p < 0 || p >= places {
			t.Errorf("a service that is not known has place %d", p)
		}
	}
}

// TestTheTableOfWhoPlaysIsTrue holds docs/SOUND.md to the places.
func TestTheTableOfWhoPlaysIsTrue(t *testing.T) {
	doc, err := os.ReadFile("../docs/SOUND.md")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"C3", "G3", "D4", "A4", "E5", "C6", "G6"}
	for r := range registers {
		row := fmt.Sprintf("| %s, %.0f Hz |", names[r], note(r, 0))
		players := 0
		for p, service := range known {
			if register(p) == r {
				row += " `" + service + "` |"
				players++
			}
		}
		row += strings.Repeat(" |", instruments-players)
		if !strings.Contains(string(doc), row+"\n") {
			t.Errorf("docs/SOUND.md lacks the row\n%s", row)
		}
	}
}

func TestHeader(t *testing.T) {
	var out bytes.Buffer
	if err := WriteHeader(&out, 96000); err != nil {
		t.Fatal(err)
	}
	want := "52494646" + "24770100" + "57415645" + "666d7420" + "10000000" + "0100" + "0200" + "c05d0000" + "00770100" + "0400" + "1000" + "64617461" + "00770100"
	if got := hex.EncodeToString(out.Bytes()); got != want {
		t.Errorf("the header of a second is\n%s, want\n%s", got, want)
	}
	out.Reset()
	if err := WriteLiveHeader(&out); err != nil {
		t.Fatal(err)
	}
	want = "52494646" + "ffffffff" + "57415645" + "666d7420" + "10000000" + "0100" + "0100" + "c05d0000" + "80bb0000" + "0200" + "1000" + "64617461" + "ffffffff"
	if got := hex.EncodeToString(out.Bytes()); got != want {
		t.Errorf("the header of a live sound is\n%s, want\n%s", got, want)
	}
	for _, size := range []int64{-1, math.MaxUint32} {
		if err := WriteHeader(&out, size); err == nil {
			t.Errorf("a file of %d bytes has a header", size)
		}
	}
}

// full is a disk that has room for one step.
type full struct{ left int }

func (f *full) Write(p []byte) (int, error) {
	if f.left--; f.left < 0 {
		return 0, errors.New("no space left")
	}
	return len(p), nil
}

func TestErrors(t *testing.T) {
	if _, err := NewRenderer(nil, begin, 0); err == nil {
		t.Error("a step tells of nothing")
	}
	r, err := NewRenderer(&full{1}, begin, Step)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Add(Event{begin, kinds, "github", 1}); err == nil {
		t.Error("an event without a kind is taken")
	}
	if err := r.Advance(after(1)); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := r.Add(Event{after(9), Like, "github", 1}); err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("a full disk: %v", err)
		}
	}
}
