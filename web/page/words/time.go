package words

import (
	"fmt"
	"time"
)

// day is the beginning of the day of t, where t is.
func day(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}

// days is how many midnights lie between now and t: 0 today, 1 tomorrow, -1
// yesterday. The noon of a day is compared, so that a change of summer time moves
// none.
func days(t, now time.Time) int {
	noon := func(t time.Time) time.Time { return day(t).Add(12 * time.Hour) }
	d := noon(t.In(now.Location())).Sub(noon(now))
	if d < 0 {
		return -int((-d + 12*time.Hour) / (24 * time.Hour))
	}
	return int((d + 12*time.Hour) / (24 * time.Hour))
}

// Date is a day: "19 Nov", with the year where it is not that of now.
func Date(t, now time.Time) string {
	t = t.In(now.Location())
	if t.Year() == now.Year() {
		return t.Format("2 Jan")
	}
	return t.Format("2 Jan 2006")
}

// Past is a moment that was: "today 13:41", "yesterday 22:15", "19 Nov".
func Past(t, now time.Time) string {
	t = t.In(now.Location())
	switch days(t, now) {
	case 0:
		return "today " + t.Format("15:04")
	case -1:
		return "yesterday " + t.Format("15:04")
	}
	return Date(t, now)
}

// Clock is a moment to come, as a clock: "15:17", "tomorrow 08:00", "Sunday
// 08:00", and a date over a week away.
func Clock(t, now time.Time) string {
	t = t.In(now.Location())
	switch d := days(t, now); {
	case d == 0:
		return t.Format("15:04")
	case d == 1:
		return "tomorrow " + t.Format("15:04")
	case d > 1 && d < 7:
		return t.Format("Monday 15:04")
	}
	return Date(t, now)
}

// Span is a length of time in one unit, rounded down: "36 s", "7 min", "3 h",
// "2 days". It is never negative.
func Span(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d/time.Second))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d/time.Minute))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d/time.Hour))
	}
	return fmt.Sprintf("%d days", int(d/(24*time.Hour)))
}

// In is the distance to a moment: "in 7 min", "now" once it has come. Distances to
// come are rounded to the nearest unit, since nobody waits 20 min 59 s.
func In(t, now time.Time) string {
	d := t.Sub(now)
	switch {
	case d <= 0:
		return "now"
	case d < time.Minute:
	case d < time.Hour:
		d = d.Round(time.Minute)
	case d < 48*time.Hour:
		d = d.Round(time.Hour)
	}
	return "in " + Span(d)
}

// Ago is the distance from a moment: "36 s ago", "3 days ago", "just now" under a
// second.
func Ago(t, now time.Time) string {
	if now.Sub(t) < time.Second {
		return "just now"
	}
	return Span(now.Sub(t)) + " ago"
}

// Took is how long something went on: "214 ms", "1.5 s", "40 s", "9 min".
func Took(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return Span(d)
}

// Was is a moment that was, as a phrase: "yesterday 22:15", "never" for the zero time.
func Was(t, now time.Time) Phrase {
	if t.IsZero() {
		return Plain("never")
	}
	return Moment(t, Past(t, now))
}

// Will is a moment to come with its distance, as a phrase: "15:17, in 21 min",
// "tomorrow 08:00", "now" once it has come.
func Will(t, now time.Time) Phrase {
	if !t.After(now) {
		return Plain("now")
	}
	p := Moment(t, Clock(t, now))
	if days(t, now) > 0 {
		return p
	}
	return p.And(Plain(", " + In(t, now)))
}

// Since is a moment with its distance, as a phrase: "36 s ago"; "never" for the zero time.
func Since(t, now time.Time) Phrase {
	if t.IsZero() {
		return Plain("never")
	}
	return Moment(t, Ago(t, now))
}
