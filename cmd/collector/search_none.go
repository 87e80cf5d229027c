package main

import (
	"strings"

	"collector/control"
)

// sayNothing says that a search found nothing, and what it would find without one of
// its parts.
func (a *app) sayNothing(some []control.Without) {
	var parts []string
	for i, s := range some {
		without, least := "without ", ""
		if i == 0 {
			without = "Without "
		}
		if s.More {
			least = "at least "
		}
		parts = append(parts, without+line(s.Part)+" there "+are(s.Items)+" "+least+count(s.Items))
	}
	if len(parts) == 0 {
		a.say("nothing found")
		return
	}
	a.say("nothing found. %s.", strings.Join(parts, "; "))
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
