package site

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"collector/grant"
	"collector/sonify"
	"collector/sonify/sonifytest"
	"collector/state"
	"collector/store"
	"collector/store/memory"
	"collector/web"
)

const (
	c3, a4    = 130.81, 440. // of GitHub and of Mastodon, as docs/SOUND.md has it
	waveHead  = 44           // bytes
	lagInStep = int(soundLag / sonify.Step)
	perStep   = sonify.Rate / 8
)

// heard are people who listen, in a bubble whose clock begins at noon.
func heard(t *testing.T, test func(w *world, sound func(b *browserOf) *watching)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := seeded(t, memory.New())
		begin := time.Now()
		w.config.Now = func() time.Time { return noon.Add(time.Since(begin)) }
		w.open()
		var all []*watching
		test(w, func(b *browserOf) *watching {
			all = append(all, b.watch("/stream.wav"))
			return all[len(all)-1]
		})
		for _, s := range all {
			s.end()
		}
		later(lookEvery)
		for _, s := range all {
			if !s.ended() {
				t.Error("a sound goes on after who listened is gone")
			}
		}
	})
}

// samples are what was played, without the head.
func (s *watching) samples() []float64 {
	text := s.text()
	if len(text) < waveHead {
		return nil
	}
	return sonifytest.Samples([]byte(text[waveHead:]))
}

// strength is how loud a pitch is in three steps of a sound from one on, and how much louder
// than in the three before, in decibels.
func strength(samples []float64, step int, pitch float64) (level, rise float64) {
	is := sonifytest.Level(samples[step*perStep:(step+3)*perStep], sonify.Rate, pitch)
	was := sonifytest.Level(samples[(step-3)*perStep:step*perStep], sonify.Rate, pitch)
	return is, sonifytest.DB(is) - sonifytest.DB(was)
}

// loudest is how loud a pitch gets between two seconds of a sound.
func loudest(samples []float64, from, to int, pitch float64) (level float64) {
	for at := from * sonify.Rate; at+3*perStep <= to*sonify.Rate; at += perStep {
		level = max(level, sonifytest.Level(samples[at:at+3*perStep], sonify.Rate, pitch))
	}
	return level
}

// TestTheSound has likes as notes: each at its pitch and at its time, though they were told of
// together.
func TestTheSound(t *testing.T) {
	heard(t, func(w *world, sound func(*browserOf) *watching) {
		s := sound(w.as("anna"))
		later(10 * time.Second)
		at := w.config.Now().Add(-500 * time.Millisecond).Truncate(sonify.Step)
		w.wroteAt("anna-mastodon-@anna@social.example", 1, 1, at.Add(4*sonify.Step))
		w.wroteAt("anna-github-anna-hub", 1, 1, at)
		later(5 * time.Second)
		h := s.out.Header()
		if s.out.Code != 200 || h.Get("Content-Type") != "audio/wav" || h.Get("Cache-Control") != "no-store" || !strings.HasPrefix(s.text(), "RIFF\xff\xff\xff\xffWAVEfmt ") {
			t.Fatal(s.out.Code, h)
		}
		samples := s.samples()
		// The watched time and what is sent ahead, to the step.
		if want := int((15*time.Second + cushion) / sonify.Step); len(samples) != want*perStep {
			t.Errorf("%d samples, want %d steps of %d", len(samples), want, perStep)
		}
		step := int(at.Sub(noon)/sonify.Step) + lagInStep
		for pitch, at := range map[float64]int{c3: step, a4: step + 4} {
			if level, rise := strength(samples, at, pitch); level < .02 || level > .5 || rise < 20 {
				t.Errorf("%.0f Hz at step %d: %.1f dB, %.1f dB more than before", pitch, at, sonifytest.DB(level), rise)
			}
		}
		if level, _ := strength(samples, step, a4); level > .005 {
			t.Errorf("the second like is there with the first: %.1f dB", sonifytest.DB(level))
		}
	})
}

// nothing is what so many steps sound like in which nothing happens.
func nothing(t *testing.T, steps int) string {
	t.Helper()
	var head, pcm bytes.Buffer
	r, err := sonify.NewRenderer(&pcm, noon, sonify.Step)
	if err = errors.Join(err, sonify.WriteLiveHeader(&head), r.Advance(noon.Add(time.Duration(steps)*sonify.Step))); err != nil {
		t.Fatal(err)
	}
	return head.String() + string(sonify.Mono(pcm.Bytes()))
}

// TestNobodyHearsAnother: of what happens to bob anna hears nothing, to the last bit; bob
// and the operator hear it.
func TestNobodyHearsAnother(t *testing.T) {
	heard(t, func(w *world, sound func(*browserOf) *watching) {
		anna, bob, all := sound(w.as("anna")), sound(w.as("bob")), sound(w.as(""))
		later(4 * time.Second)
		w.wroteAt("bob-github-bob-hub", 1, 20, w.config.Now())
		failed(w, "bob-mastodon-@bob@social.example", "unauthorized", state.NeedsSignIn)
		later(10 * time.Second)
		if anna.text() != nothing(w.t, int((14*time.Second+cushion)/sonify.Step)) {
			t.Error("anna hears something, though nothing of hers happened")
		}
		if bob.text() != all.text() {
			t.Error("bob hears something else than the operator")
		}
		step := int(4*time.Second/sonify.Step) + lagInStep
		if level, rise := strength(bob.samples(), step, c3); level < .02 || rise < 20 {
			t.Errorf("bob hears his likes at %.1f dB, %.1f dB more than before", sonifytest.DB(level), rise)
		}
		if is := loudest(bob.samples(), 7, 10, math.Sqrt2*a4); is < .02 {
			t.Errorf("bob hears his failure at %.1f dB", sonifytest.DB(is))
		}
	})
}

// failed has a network end a run with a fault, now.
func failed(w *world, id, fault string, is state.Condition) {
	w.t.Helper()
	lease := w.lease(id)
	n, err := w.store.Network(w.t.Context(), id)
	w.must(err)
	p := n.Progress
	p.Condition = is
	p.Runs = append(p.Runs, state.Run{At: w.config.Now(), Kind: "poll", Fault: fault})
	w.must(w.store.Release(w.t.Context(), lease, p))
}

// TestTroubleIsHeard: a limit sighs, a failure trembles, and what needs a person calls, within
// the time between two looks and once.
func TestTroubleIsHeard(t *testing.T) {
	const note = a4 // all of it happens to Mastodon
	for name, c := range map[string]struct {
		fault string
		is    state.Condition
		heard []float64 // ratios to the note
		not   []float64
	}{
		"limit":   {"rate limited", state.Limited, []float64{2. / 3}, []float64{math.Sqrt2, 1.5}},
		"failure": {"temporary", state.Failing, []float64{math.Sqrt2}, []float64{2. / 3, 1.5}},
		"call":    {"unauthorized", state.NeedsSignIn, []float64{math.Sqrt2, 1.5, 2}, []float64{2. / 3}},
	} {
		t.Run(name, func(t *testing.T) {
			heard(t, func(w *world, sound func(*browserOf) *watching) {
				s := sound(w.as("anna"))
				later(3 * time.Second)
				failed(w, "anna-mastodon-@anna@social.example", c.fault, c.is)
				later(runsEvery + 5*time.Second)
				samples := s.samples()
				for i, ratios := range [][]float64{append(c.heard, 1), c.not} {
					for _, ratio := range ratios {
						was, is := loudest(samples, 0, 7, note*ratio), loudest(samples, 7, 10, note*ratio) // it is found at 5 s and sounds at 8 s
						if loud := is > .02 && is > 10*was; loud != (i == 0) {
							t.Errorf("the note %.2f goes from %.1f to %.1f dB", ratio, sonifytest.DB(was), sonifytest.DB(is))
						}
					}
				}
				later(2 * runsEvery)
				if is := loudest(s.samples(), 13, 21, note); is > .005 {
					t.Errorf("it is heard again, at %.1f dB", sonifytest.DB(is))
				}
			})
		})
	}
}

// TestWhatNeedsYouCallsAtFirst: who begins to listen hears what waits for him, and not the
// failures of before.
func TestWhatNeedsYouCallsAtFirst(t *testing.T) {
	heard(t, func(w *world, sound func(*browserOf) *watching) {
		failed(w, "anna-mastodon-@anna@social.example", "unauthorized", state.NeedsSignIn)
		later(time.Second)
		s := sound(w.as("anna"))
		later(10 * time.Second)
		if is := loudest(s.samples(), 2, 5, 2*a4); is < .02 { // it sounds at 3 s
			t.Errorf("the call is at %.1f dB", sonifytest.DB(is))
		}
		if is := loudest(s.samples(), 0, 11, math.Sqrt2*a4); is > .005 {
			t.Errorf("an old failure trembles at %.1f dB", sonifytest.DB(is))
		}
	})
}

// TestTheSoundIsNeverSilentNorClips: on a quiet minute each half second is heard, and a storm stays
// below the ceiling; two who hear the same hear it to the last bit.
func TestTheSoundIsNeverSilentNorClips(t *testing.T) {
	heard(t, func(w *world, sound func(*browserOf) *watching) {
		anna, again, carol := sound(w.as("anna")), sound(w.as("anna")), sound(w.as("carol"))
		for i := range 30 {
			for _, id := range []string{"anna-github-anna-hub", "anna-mastodon-@anna@social.example"} {
				for k := range 10 {
					w.wroteAt(id, i*10+k, 30, w.config.Now())
				}
			}
			later(time.Second)
		}
		if anna.text() != again.text() {
			t.Error("the same was heard in two ways")
		}
		for name, s := range map[string]*watching{"a storm": anna, "a quiet day": carol} {
			samples, half := s.samples(), sonify.Rate/2
			top := 0.0
			for at := 0; at+half <= len(samples); at += half {
				level := sonifytest.DB(sonifytest.RMS(samples[at : at+half]))
				if level < -60 || name == "a quiet day" && level > -35 {
					t.Errorf("%s: the half second %d is at %.1f dB", name, at/half, level)
				}
			}
			for _, x := range samples {
				top = max(top, math.Abs(x))
			}
			if top > sonify.Ceiling+.001 || name == "a storm" && top < .2 {
				t.Errorf("%s reaches %.3f", name, top)
			}
		}
	})
}

// TestTheRiddleIsLiveToo: what docs/SOUND.md asks for can be read from who listens long enough.
func TestTheRiddleIsLiveToo(t *testing.T) {
	heard(t, func(w *world, sound func(*browserOf) *watching) {
		s := sound(w.as("anna"))
		for i := range 40 {
			w.wroteAt("anna-github-anna-hub", i, 3, w.config.Now())
			later(time.Second)
		}
		// It begins with the sound; a long pause is its end.
		var keyed strings.Builder
		samples := s.samples()
		for at := 0; at+perStep <= len(samples); at += perStep {
			mark := " "
			if sonifytest.Level(samples[at:at+perStep], sonify.Rate, 9000) > .003 {
				mark = "#"
			}
			keyed.WriteString(mark)
		}
		once, _, found := strings.Cut(keyed.String(), strings.Repeat(" ", 12))
		if !found || !sonifytest.Solves(sonifytest.Morse(once)) {
			t.Errorf("what is hidden cannot be read: %q", once)
		}
	})
}

// TestFewListen at a time, and fewer of one user; others are told so in words, and who leaves
// makes room.
func TestFewListen(t *testing.T) {
	heard(t, func(w *world, sound func(*browserOf) *watching) {
		anna := w.as("anna")
		var own []*watching
		for range mostHears {
			own = append(own, sound(anna))
		}
		anna.get("/stream.wav").is(429, "This is too much at once", "Too many listen")
		if s := sound(w.as("bob")); s.out.Code != 200 || s.ended() {
			t.Error("bob cannot listen", s.out.Code)
		}
		own[0].end()
		synctest.Wait()
		if s := sound(anna); s.ended() {
			t.Error("there is no room again")
		}
	})
	w := newWorld(t, memory.New())
	h := w.hub()
	for i := range mostHearing {
		h.watchers[&watcher{user: string(rune('a' + i)), hears: func(store.Change) {}}] = true
	}
	if err := h.join(t.Context(), &watcher{user: "anna", hears: func(store.Change) {}}); err != errLoud {
		t.Error(err)
	}
}

// TestWhoMayListen: nobody without a sign-in, and nobody with other scopes. HEAD begins nothing.
func TestWhoMayListen(t *testing.T) {
	heard(t, func(w *world, sound func(*browserOf) *watching) {
		w.stranger().get("/stream.wav").is(401)
		w.as("anna", grant.Write).get("/stream.wav").is(403)
		if a := w.as("anna").ask(http.MethodHead, "/stream.wav", ""); a.status != 200 || a.body != "" || a.header.Get("Content-Type") != "audio/wav" {
			t.Error(a.status, a.header)
		}
	})
}

// TestTheSoundEnds at the sign-out of who listens.
func TestTheSoundEnds(t *testing.T) {
	heard(t, func(w *world, sound func(*browserOf) *watching) {
		b := w.as("anna")
		s := sound(b)
		later(2 * runsEvery)
		if s.ended() {
			t.Fatal("it ended by itself")
		}
		if got := b.post("/logout"); got.status != 200 {
			t.Fatal(got.status)
		}
		later(runsEvery)
		if !s.ended() {
			t.Error("it goes on after the sign-out")
		}
	})
}

// TestASlowListenerIsCutOff: who takes nothing is sent nothing later.
func TestASlowListenerIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := seeded(t, memory.New())
		w.config.From = func(*http.Request) netip.Addr { return netip.MustParseAddr("127.0.0.1") }
		w.open()
		r := httptest.NewRequest(http.MethodGet, "/stream.wav", nil)
		r.Host = "localhost"
		for name, value := range w.as("anna").cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		times := web.DefaultTimes()
		in := make(pipes)
		server := &http.Server{Handler: w.pages, ReadTimeout: times.Read, WriteTimeout: times.Write, ReadHeaderTimeout: times.Header}
		go func() { _ = server.Serve(in) }()
		near, far := net.Pipe()
		defer func() {
			_ = near.Close()
			_ = server.Close()
			later(lookEvery)
		}()
		in <- far
		w.must(r.Write(near))
		// For longer than a request may take all is well.
		w.must(near.SetReadDeadline(time.Now().Add(2 * times.Write)))
		n, err := io.Copy(io.Discard, near)
		if want := int64(2 * times.Write / time.Second * sonify.Rate * 2); !isTimeout(err) || n < want {
			t.Errorf("%d bytes, want %d: %v", n, want, err)
		}
		later(3 * writeFor)                                   // nobody reads
		_ = near.SetReadDeadline(time.Now().Add(time.Minute)) // a pipe that is closed has none
		if n, err := io.Copy(io.Discard, near); err != nil || n > 2*sonify.Rate {
			t.Errorf("after a pause there were %d bytes, %v", n, err)
		}
	})
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}

// TestAStopEndsTheSound, and the server waits for nobody.
func TestAStopEndsTheSound(t *testing.T) {
	w := seeded(t, memory.New())
	server, err := web.Listen(t.Context(), web.Config{Address: "127.0.0.1:0", Handler: w.pages, Log: slog.New(slog.DiscardHandler), Now: w.config.Now, Times: web.DefaultTimes()})
	w.must(err)
	server.Serve()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.Addresses()[0]+"/stream.wav", nil)
	w.must(err)
	for name, value := range w.as("anna").cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	a, err := http.DefaultClient.Do(r)
	w.must(err)
	defer func() { _ = a.Body.Close() }()
	head := make([]byte, waveHead)
	_, err = io.ReadFull(a.Body, head)
	w.must(err)
	if !bytes.HasPrefix(head, []byte("RIFF")) {
		t.Fatalf("%q", head)
	}
	server.Stop(t.Context())
	if _, err := io.Copy(io.Discard, a.Body); err != nil {
		t.Error(err)
	}
}

// TestTheSoundOutlivesTheStore: while it does not answer the wind goes on.
func TestTheSoundOutlivesTheStore(t *testing.T) {
	heard(t, func(w *world, sound func(*browserOf) *watching) {
		out := &outage{Store: w.store}
		w.panel.Store = out
		s := sound(w.as("anna"))
		later(time.Second)
		out.is.Store(true)
		later(3 * runsEvery)
		out.is.Store(false)
		if s.ended() {
			t.Fatal("it ended")
		}
		at := w.config.Now()
		w.wroteAt("anna-github-anna-hub", 1, 1, at)
		later(5 * time.Second)
		step := int(at.Sub(noon)/sonify.Step) + lagInStep
		if level, rise := strength(s.samples(), step, c3); level < .02 || rise < 20 {
			t.Errorf("a like after the outage is at %.1f dB, %.1f dB more than before", sonifytest.DB(level), rise)
		}
	})
}

// outage is a store that does not answer while it is.
type outage struct {
	store.Store
	is atomic.Bool
}

func (o *outage) Networks(ctx context.Context, f store.Filter) ([]state.Network, error) {
	if o.is.Load() {
		return nil, state.ErrUnavailable
	}
	return o.Store.Networks(ctx, f)
}

func (o *outage) Changes(ctx context.Context, user string, since int64, n int) ([]store.Change, error) {
	if o.is.Load() {
		return nil, state.ErrUnavailable
	}
	return o.Store.Changes(ctx, user, since, n)
}
