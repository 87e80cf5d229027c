package queue

import (
	"fmt"
	"strings"
)

// CheckOutcomes refuses a batch with a verb that no store knows. Every store calls
// it before it changes anything.
func CheckOutcomes(outcomes []Outcome) error {
	for _, o := range outcomes {
		switch o.Verb {
		case Complete, Retry, Bury, Snooze, Release:
		default:
			return fmt.Errorf("finishing job %s: %q is none of complete, retry, bury, snooze and release", o.ID, o.Verb)
		}
	}
	return nil
}

// LeaseEnded is the LastError of a job whose lease ended without an outcome, of the job as
// it ran.
func LeaseEnded(j Job) string { return "the lease of " + j.Owner + " ended without an outcome" }

// Matches says whether a job is one that the filter chooses.
func (f Filter) Matches(j Job) bool {
	same := func(want, is string) bool { return want == "" || want == is }
	return same(f.ID, j.ID) && same(f.Queue, j.Queue) && same(f.Kind, j.Kind) && same(string(f.State), string(j.State)) &&
		same(f.Owner, j.Owner) && strings.Contains(j.LastError, f.Error) && j.Attempts >= f.MinAttempts &&
		(f.AddedFrom.IsZero() || !j.Added.Before(Milli(f.AddedFrom))) &&
		(f.AddedBefore.IsZero() || j.Added.Before(Milli(f.AddedBefore)))
}

// Size is how many jobs a page may have.
func (p Page) Size() int {
	if p.Limit < 1 || p.Limit > MaxPage {
		return MaxPage
	}
	return p.Limit
}
