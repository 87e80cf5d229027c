package executor

import (
	"context"
	"time"

	"collector/trace"
)

// clock is the time for the trace of a run; zero, without a look at the clock, where nobody
// remembers what the run does.
func (r *run) clock(ctx context.Context) time.Time {
	if trace.Of(ctx) == nil {
		return time.Time{}
	}
	return r.Now()
}
