package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"collector/control"
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

// telling tells whoever wants to know, by informational answers before the answer, what is known so
// far or how far it is; nil where nobody wants to. Others are told nothing: some programs take the
// first answer for the last, and so do proxies.
func (s *Slow) telling() func(any) {
	if s.r.Header.Get(web.ProgressHeader) == "" || !s.r.ProtoAtLeast(1, 1) || passed(s.r) {
		return nil
	}
	return func(v any) {
		h := s.w.Header()
		h.Set(web.ProgressHeader, web.HeaderJSON(v))
		s.w.WriteHeader(http.StatusProcessing)
		h.Del(web.ProgressHeader)
	}
}

// progress is telling how far it is, at first and then once a second.
func (s *Slow) progress() (told func(control.Progressed), end func()) {
	tell := s.telling()
	if tell == nil {
		return nil, func() {}
	}
	second := time.NewTicker(time.Second)
	first := true
	return func(p control.Progressed) {
		if !first {
			select {
			case <-second.C:
			default:
				return
			}
		}
		first = false
		tell(p)
	}, second.Stop
}

// passed says whether a proxy has passed a request on, where it says so.
func passed(r *http.Request) bool {
	for _, name := range []string{"Via", "Forwarded", "X-Forwarded-For"} {
		if len(r.Header.Values(name)) > 0 {
			return true
		}
	}
	return false
}

// because is why something failed that was ended: the stop, or a time that is over.
func because(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
