package words_test

import (
	"testing"
	"time"

	"collector/web/page/words"
)

var (
	zone = time.FixedZone("WET", 0)
	now  = time.Date(2026, 11, 22, 14, 56, 0, 0, zone)
)

func at(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, zone)
}

// TestVoice holds the sentences to the table of voice that the look describes.
func TestVoice(t *testing.T) {
	for _, c := range []struct {
		got  words.Phrase
		want string
	}{
		{words.Next(at(11, 22, 15, 3), now).And(words.Plain(". You star often, so every 15 minutes.")), "Next 15:03 in 7 min. You star often, so every 15 minutes."},
		{words.Next(at(11, 23, 8, 0), now), "Next tomorrow 08:00"},
		{words.Next(at(11, 25, 8, 0), now), "Next Wednesday 08:00"},
		{words.Next(at(12, 25, 8, 0), now), "Next 25 Dec"},
		{words.Next(now, now), "Next: now"},
		{words.Next(time.Time{}, now), "Next: now"},
		{words.Waiting(at(11, 22, 15, 17), now, "All 300 calls of this window are used."), "Waiting until 15:17, 21 more minutes. All 300 calls of this window are used."},
		{words.Waiting(at(11, 22, 15, 17), now, words.PauseAsked("harbour.example")), "Waiting until 15:17, 21 more minutes. harbour.example asked for a pause. It is its limit, not an error."},
		{words.Waiting(now.Add(40*time.Second), now, ""), "Waiting until 14:56, 40 more seconds."},
		{words.Waiting(at(11, 22, 14, 57), now, ""), "Waiting until 14:57, 1 more minute."},
		{words.Waiting(at(11, 22, 18, 0), now, ""), "Waiting until 18:00, 3 more hours."},
		{words.Waiting(at(11, 23, 0, 0), now, ""), "Waiting until tomorrow 00:00."},
		{words.SignInEnded(at(11, 19, 10, 0), now, "Stack Exchange", "access token expired"), "Your sign-in ended 3 days ago. Stack Exchange answered “access token expired”."},
		{words.Progress(410, 1000, at(11, 22, 15, 4), now), "410 of about 1,000, all there around 15:04"},
		{words.SoFar(2341, time.Date(2019, 3, 12, 0, 0, 0, 0, zone), now), "2,341 so far, back to 12 Mar 2019"},
		{words.Left(2386, 5000, "calls"), "2,386 of 5,000 calls left"},
	} {
		if got := c.got.String(); got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
	}
}

// TestTheClockIsStrong looks at what the eye finds first, and that a page can say
// the moment to programs.
func TestTheClockIsStrong(t *testing.T) {
	for _, p := range []words.Phrase{
		words.Next(at(11, 22, 15, 3), now),
		words.Waiting(at(11, 22, 15, 3), now, "Why."),
	} {
		found := 0
		for _, part := range p {
			if part.Strong && part.At.Equal(at(11, 22, 15, 3)) && part.Text == "15:03" {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%q has %d strong clocks, want 1", p, found)
		}
	}
}

func TestTimes(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{words.Past(at(11, 22, 13, 41), now), "today 13:41"},
		{words.Past(at(11, 21, 22, 15), now), "yesterday 22:15"},
		{words.Past(at(11, 21, 0, 0), now), "yesterday 00:00"},
		{words.Past(at(11, 19, 8, 2), now), "19 Nov"},
		{words.Past(time.Date(2025, 3, 12, 8, 0, 0, 0, zone), now), "12 Mar 2025"},
		{words.Clock(at(11, 22, 23, 59), now), "23:59"},
		{words.Clock(at(11, 23, 0, 0), now), "tomorrow 00:00"},
		{words.Clock(at(11, 28, 9, 0), now), "Saturday 09:00"},
		{words.Clock(at(11, 29, 9, 0), now), "29 Nov"},
		{words.In(at(11, 22, 15, 17), now), "in 21 min"},
		{words.In(at(11, 22, 18, 10), now), "in 3 h"},
		{words.In(now.Add(20*time.Minute+59*time.Second), now), "in 21 min"},
		{words.In(now.Add(-time.Hour), now), "now"},
		{words.Ago(now.Add(-36*time.Second), now), "36 s ago"},
		{words.Ago(now.Add(-119*time.Second), now), "1 min ago"},
		{words.Ago(now, now), "just now"},
		{words.Ago(now.Add(time.Hour), now), "just now"},
		{words.Ago(now.Add(-49*time.Hour), now), "2 days ago"},
		{words.Took(214 * time.Millisecond), "214 ms"},
		{words.Took(1500 * time.Millisecond), "1.5 s"},
		{words.Took(9 * time.Minute), "9 min"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// TestSummerTimeMovesNoDay compares days across the two nights of the year that
// have not 24 hours.
func TestSummerTimeMovesNoDay(t *testing.T) {
	lisbon, err := time.LoadLocation("Europe/Lisbon")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		now, at time.Time
		want    string
	}{
		{time.Date(2026, 3, 28, 23, 30, 0, 0, lisbon), time.Date(2026, 3, 29, 0, 10, 0, 0, lisbon), "tomorrow 00:10"},
		{time.Date(2026, 3, 28, 0, 10, 0, 0, lisbon), time.Date(2026, 3, 29, 23, 50, 0, 0, lisbon), "tomorrow 23:50"},
		{time.Date(2026, 10, 24, 0, 10, 0, 0, lisbon), time.Date(2026, 10, 25, 23, 50, 0, 0, lisbon), "tomorrow 23:50"},
		{time.Date(2026, 10, 25, 0, 10, 0, 0, lisbon), time.Date(2026, 10, 25, 23, 50, 0, 0, lisbon), "23:50"},
	} {
		if got := words.Clock(c.at, c.now); got != c.want {
			t.Errorf("%s seen from %s: %q, want %q", c.at, c.now, got, c.want)
		}
	}
}

func TestCounts(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{words.Few(3), "three"},
		{words.Few(12480), "12,480"},
		{words.First(words.Few(1)), "One"},
		{words.First("über"), "Über"},
		{words.First(""), ""},
		{words.List([]string{"a", "b", "c"}), "a, b and c"},
		{words.List([]string{"a"}), "a"},
		{words.Size(41_000_000), "41 MB"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
