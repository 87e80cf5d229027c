package main

import (
	"context"
	"strings"

	"collector/store"
)

// sayNothing says that a search found nothing, and what it would find without one of
// its parts.
func (a *app) sayNothing(ctx context.Context, st store.Store, q store.Query) error {
	some, err := store.Suggest(ctx, st, q)
	if err != nil {
		return err
	}
	var parts []string
	for i, s := range some {
		without, least := "without ", ""
		if i == 0 {
			without = "Without "
		}
		if s.More {
			least = "at least "
		}
		parts = append(parts, without+line(s.Without.String())+" there "+are(s.Items)+" "+least+count(s.Items))
	}
	if len(parts) == 0 {
		a.say("nothing found")
		return nil
	}
	a.say("nothing found. %s.", strings.Join(parts, "; "))
	return nil
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
