package queue

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// moved is how many jobs Move reads at once: their data may be megabytes.
const moved = 50

// Move puts the jobs of one store that match into another, and returns how many there are:
// due when they were, with all their attempts, also what was running, and the dead. Nobody
// works on either store. What is done is left. It may be called again after an error: a job
// whose id is there already stays as it is.
func Move(ctx context.Context, from, to Store, f Filter, now time.Time) (n int, err error) {
	for cursor := ""; ; {
		list, next, err := from.Jobs(ctx, f, Page{Cursor: cursor, Limit: moved})
		if err != nil {
			return n, fmt.Errorf("reading jobs to be moved: %w", err)
		}
		list = slices.DeleteFunc(list, func(j Job) bool { return j.State == Done })
		for i, j := range list {
			list[i] = Job{ID: j.ID, Queue: j.Queue, Kind: j.Kind, Data: j.Data, Priority: j.Priority, Due: j.Due, MaxAttempts: j.MaxAttempts, Keep: j.Keep}
		}
		if len(list) > 0 {
			if _, err := to.Add(ctx, now, "", list); err != nil {
				return n, fmt.Errorf("writing jobs that are moved: %w", err)
			}
		}
		n += len(list)
		if cursor = next; next == "" {
			return n, nil
		}
	}
}
