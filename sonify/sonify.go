// Package sonify turns what a collector does into sound, so that one knows how it
// is without looking: a day in three minutes, or live.
//
// The sound is a grid of steps, each an eighth of a second long. What happens
// during a step is counted, and once it is over its counts become notes that begin
// with it: a like is a note, many at once are one louder chord in rising steps,
// limits and failures are motifs, and the load is the wind behind all of it. So the
// work of a step has a bound, however much happens, and a day and a live stream are
// the same renderer fed at another pace.
//
// Each service has a place of its own, which is a register and an instrument, and
// keeps it: who has heard GitHub once knows it the next day.
//
// Nothing here reads a clock or chance: the same events give the same samples. (The
// last bit may differ between processor architectures, where one of them fuses
// multiplications and additions.) The level never passes Ceiling, and never falls to
// silence, since silence must mean that the player is broken and not the day quiet.
package sonify

import (
	"fmt"
	"io"
	"time"
)

// The format of the sound: two channels of signed 16-bit samples, little-endian,
// interleaved, left first.
const (
	Rate     = 24000 // frames a second
	Channels = 2
	Step     = time.Second / 8 // length of a step of sound
	Ceiling  = 0.89            // highest level, of 1; -1 dBFS

	frames = Rate / 8 // of a step
)

// Tail is how many steps the last notes ring on.
const Tail = 24

// Ahead is how many steps Expect looks forward, two seconds of a live sound.
const Ahead = 16

// Kind is what an event is about.
type Kind uint8

// The kinds.
const (
	Like    Kind = iota // likes were collected
	Removal             // likes were found to be gone
	Limit               // a service asked to wait
	Failure             // a run failed
	Call                // a person has to do something
	Load                // work was done; the service does not matter
	kinds
)

// Event is something that happened.
type Event struct {
	At      time.Time
	Kind    Kind
	Service string // "github"
	Count   int    // of likes, removals, failures, pages; below 1 is nothing
}

// Renderer turns events into samples. It is not safe for concurrent use. What it
// keeps has a bound that depends neither on the number of events nor on the length.
type Renderer struct {
	w     io.Writer
	start time.Time
	per   time.Duration
	step  int64 // the step that is being counted

	counts [Ahead][places][kinds]int // of the step that is being counted and those after it; each step has its own in turn
	busy   [places][kinds]int64      // step until which a motif sounds

	mix
	out [frames * Channels * 2]byte
	err error
}

// NewRenderer writes sound to w that begins at start; a step of it tells of per.
// With Step itself it is as fast as life, with a minute a day takes three minutes.
// It is an error if per is not positive.
func NewRenderer(w io.Writer, start time.Time, per time.Duration) (*Renderer, error) {
	if per <= 0 {
		return nil, fmt.Errorf("a step of sound cannot tell of %s", per)
	}
	return &Renderer{w: w, start: start, per: per, mix: newMix()}, nil
}

// Add counts an event. What comes before the step of the event is rendered first, so
// events are to be added in the order of their times; one that is late sounds with
// the present step. Who renders live adds none that is ahead of the clock, since all
// until then would be rendered. An error of writing stays.
func (r *Renderer) Add(e Event) error {
	if e.Kind >= kinds {
		return fmt.Errorf("there is no event of kind %d", e.Kind)
	}
	if err := r.Advance(e.At); err != nil || e.Count < 1 {
		return err
	}
	r.count(r.step, e)
	return nil
}

// Expect counts an event without rendering, for a live sound that is told of events in
// portions and lags behind by as much: each sounds with the step of its own time. One that
// is late sounds with the present step, one that is further ahead than Ahead with the last
// of these.
func (r *Renderer) Expect(e Event) error {
	if e.Kind >= kinds {
		return fmt.Errorf("there is no event of kind %d", e.Kind)
	}
	if e.Count > 0 {
		step := int64(e.At.Sub(r.start) / r.per)
		r.count(min(max(step, r.step), r.step+Ahead-1), e)
	}
	return nil
}

func (r *Renderer) count(step int64, e Event) {
	n := &r.counts[step%Ahead][place(e.Service)][e.Kind]
	*n = min(*n+min(e.Count, most), most)
}

// most is the largest count that is told from a smaller one.
const most = 1_000_000

// Advance renders all steps that are over at t.
func (r *Renderer) Advance(t time.Time) error {
	for to := int64(t.Sub(r.start) / r.per); r.step < to; {
		if err := r.render(); err != nil {
			return err
		}
	}
	return nil
}

// Ring renders the step that is being counted and Tail steps in which nothing
// happens, for the end of a file. Events that are added later are late by as much.
func (r *Renderer) Ring() error {
	for range Tail + 1 {
		if err := r.render(); err != nil {
			return err
		}
	}
	return nil
}

// Size is how many bytes of samples a sound from start to end has, with the tail,
// where Advance(end) and Ring are the last calls.
func Size(start, end time.Time, per time.Duration) int64 {
	return (int64(end.Sub(start)/per) + Tail + 1) * frames * Channels * 2
}

// render makes the step that was counted into samples.
func (r *Renderer) render() error {
	if r.err != nil {
		return r.err
	}
	load := 0
	counts := &r.counts[r.step%Ahead]
	for p := range counts {
		for k, n := range counts[p] {
			switch {
			case n == 0:
			case Kind(k) == Load:
				load += n
			case Kind(k) == Like:
				r.likes(p, n)
			case r.busy[p][k] <= r.step:
				r.motif(p, Kind(k))
				r.busy[p][k] = r.step + motifSteps
			}
		}
	}
	*counts = [places][kinds]int{}
	r.sound(r.step, load, r.out[:])
	r.step++
	n, err := r.w.Write(r.out[:])
	if err == nil && n < len(r.out) {
		err = io.ErrShortWrite
	}
	if err != nil {
		r.err = fmt.Errorf("writing sound: %w", err)
	}
	return r.err
}
