package control

import (
	"strings"
	"testing"
	"time"

	"collector/connectors"
	"collector/trace"
)

// TestStepsInWords, also of numbers that no service should have, and of texts that want to be
// more than a line.
func TestStepsInWords(t *testing.T) {
	for want, s := range map[string]trace.Step{
		"Claimed: at its time":                               {Kind: trace.Claimed, Late: time.Millisecond},
		"Claimed: 3m after its time":                         {Kind: trace.Claimed, Late: 3 * time.Minute},
		"Claimed: before its time, as somebody asked for it": {Kind: trace.Claimed, Late: -1},

		"Paced: no more than 10 calls a second are allowed, so this one waited for its turn":                 {Kind: trace.Paced, Rate: 10},
		"Paced: no more than one call a second is allowed, so this one waited for its turn":                  {Kind: trace.Paced, Rate: 1},
		"Paced: no more than one call in 4.0 s is allowed, so this one waited for its turn":                  {Kind: trace.Paced, Rate: .25},
		"Asked for a sign-in: refreshing the token: answered 401":                                            {Kind: trace.Asked, What: "a sign-in: refreshing the token", Status: 401},
		"Asked for page 1: answered 200. Quota 10 → 9 of 60 calls":                                           {Kind: trace.Asked, What: "page 1", Status: 200, Quota: &trace.Quota{Before: 10, After: 9, Of: 60}},
		"Asked for page 1: answered 200. Quota $0.50 → $0.25 of $5.00":                                       {Kind: trace.Asked, What: "page 1", Status: 200, Quota: &trace.Quota{Unit: connectors.Mills, Before: 500, After: 250, Of: 5000}},
		"Asked for page 1: answered 200. Quota 9 of 60 points":                                               {Kind: trace.Asked, What: "page 1", Status: 200, Quota: &trace.Quota{Unit: "points", Before: 9, After: 9, Of: 60}},
		"Asked for page 1: got no answer":                                                                    {Kind: trace.Asked, What: "page 1"},
		"Read 1 item: 0 new, 0 known, 1 changed, 2 taken back; 2 could not be understood and are kept aside": {Kind: trace.Read, Items: 1, Changed: 1, Gone: 2, Bad: 2},

		"Saved: the details of 30":   {Kind: trace.Saved, What: "the details of 30"},
		"Marked as gone: 1 like":     {Kind: trace.Removed, Gone: 1},
		"Met a limit: a b":           {Kind: trace.Limited, Text: "a\nb"},
		"Failed: a b":                {Kind: trace.Failed, Text: "a\x1b\n b", Whose: "you", Do: "go on"},
		"Next run: polled every 27m": {Kind: trace.Next, Text: "polled every 27m"},
	} {
		got := stepOf(s, time.Unix(0, 0))
		if said := got.Title + ": " + got.Text; strings.ReplaceAll(said, "\uFFFD", "") != want {
			t.Errorf("%q, want %q", said, want)
		}
		if s.Kind == trace.Failed && (got.Whose != "you" || got.Do != "go on") {
			t.Errorf("%+v", got)
		}
	}
}
