package words

import (
	"fmt"
	"time"
)

// strongClock is a moment to come, strong.
func strongClock(at, now time.Time) Phrase {
	return Phrase{{Text: Clock(at, now), Strong: true, At: at}}
}

// Next says when the next run is: "Next 15:03 in 7 min". A time that has come, or
// none, is "Next: now".
func Next(at, now time.Time) Phrase {
	if !at.After(now) {
		return Plain("Next: ").And(Strong("now"))
	}
	p := Plain("Next ").And(strongClock(at, now))
	if days(at, now) > 0 {
		return p
	}
	return p.And(Plain(" " + In(at, now)))
}

// Waiting says until when something waits and why: "Waiting until 15:17, 21 more
// minutes. All 300 calls of this window are used." The reason is a whole sentence.
func Waiting(until, now time.Time, why string) Phrase {
	p := Plain("Waiting until ").And(strongClock(until, now))
	if d := until.Sub(now); days(until, now) == 0 && d > 0 {
		p = p.And(Plain(", " + more(d)))
	}
	return p.And(Plain("."), spaced(why))
}

// more is a wait that is left: "21 more minutes", "40 more seconds".
func more(d time.Duration) string {
	n, one := int((d+30*time.Second)/time.Minute), "minute"
	switch {
	case d < time.Minute:
		n, one = int(d/time.Second), "second"
	case d >= 90*time.Minute:
		n, one = int((d+30*time.Minute)/time.Hour), "hour"
	}
	if n != 1 {
		return fmt.Sprintf("%d more %ss", n, one)
	}
	return "1 more " + one
}

// PauseAsked is the reason of a wait that a service asked for.
func PauseAsked(who string) string {
	return who + " asked for a pause. It is its limit, not an error."
}

// SignInEnded says that a sign-in is over since then: the strong sentence, and what the
// service said, where it said something.
func SignInEnded(at, now time.Time, service, said string) Phrase {
	p := Strong("Your sign-in ended " + Ago(at, now) + ".")
	if said != "" {
		p = p.And(Plain(" " + service + " answered “" + said + "”."))
	}
	return p
}

// NeitherBroken is whose fault an ended sign-in is.
func NeitherBroken(service string) string {
	return "Neither side is broken: " + service + " ends a sign-in after some time. Sign in again, it takes a minute."
}

// Progress says how far a walk of known length is: "410 of about 1,000, all there
// around 15:04". Without an end in sight (zero) it ends after the number.
func Progress(have, of int, end, now time.Time) Phrase {
	p := Plain(fmt.Sprintf("%s of about %s", Number(have), Number(of)))
	if end.IsZero() {
		return p.And(Plain("."))
	}
	return p.And(Plain(", all there "), Strong("around "), strongClock(end, now))
}

// SoFar says how far a walk of unknown length is: "2,341 so far, back to 12 Mar 2019".
func SoFar(have int, oldest time.Time, now time.Time) Phrase {
	p := Plain(Number(have) + " so far")
	if oldest.IsZero() {
		return p
	}
	return p.And(Plain(", back to "), Moment(oldest, Date(oldest, now)))
}

// spaced is a sentence that follows another one.
func spaced(text string) Phrase {
	if text == "" {
		return nil
	}
	return Plain(" " + text)
}
