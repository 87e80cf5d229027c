package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"collector/web"
)

// Slow is part of a wish whose answer may take minutes, and of whose request more is looked at
// than what is described.
type Slow struct {
	r *http.Request
	w http.ResponseWriter
}

// Resolve keeps the request.
func (s *Slow) Resolve(ctx huma.Context) []error {
	s.r, s.w = humago.Unwrap(ctx)
	return nil
}

// begin frees the answer of the time that others have; a stop of the collector ends it.
func (s *Slow) begin(ctx context.Context) (context.Context, context.CancelFunc) {
	out := http.NewResponseController(s.w)
	_ = out.SetReadDeadline(time.Time{}) // it would end the request; where there is none nobody waits
	_ = out.SetWriteDeadline(time.Time{})
	return web.UntilStop(ctx)
}

// because is why something failed that was ended: the stop, or a time that is over.
func because(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
