package auth

import (
	"context"
	"fmt"
	"log/slog"
)

// Redact returns a handler that gives next what it is given without the secrets
// that s knows: in the message, in keys, in texts, errors and all other values.
func Redact(next slog.Handler, s *Scrubber) slog.Handler { return redacting{next, s} }

type redacting struct {
	next  slog.Handler
	scrub *Scrubber
}

// Enabled implements slog.Handler.
func (h redacting) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// Handle implements slog.Handler.
func (h redacting) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, h.scrub.Scrub(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(h.attr(a))
		return true
	})
	return h.next.Handle(ctx, clean)
}

// WithAttrs implements slog.Handler.
func (h redacting) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = h.attr(a)
	}
	return redacting{h.next.WithAttrs(clean), h.scrub}
}

// WithGroup implements slog.Handler.
func (h redacting) WithGroup(name string) slog.Handler {
	return redacting{h.next.WithGroup(h.scrub.Scrub(name)), h.scrub}
}

func (h redacting) attr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindString:
		v = slog.StringValue(h.scrub.Scrub(v.String()))
	case slog.KindGroup:
		group := v.Group()
		clean := make([]slog.Attr, len(group))
		for i, inner := range group {
			clean[i] = h.attr(inner)
		}
		v = slog.GroupValue(clean...)
	case slog.KindAny:
		// What a handler would make of the value cannot be known: its text is
		// taken only where a secret stands in it.
		text := fmt.Sprintf("%+v", v.Any())
		if err, ok := v.Any().(error); ok {
			text = err.Error()
		}
		if clean := h.scrub.Scrub(text); clean != text {
			v = slog.StringValue(clean)
		} else if b, ok := v.Any().([]byte); ok {
			v = slog.StringValue(h.scrub.Scrub(string(b)))
		}
	}
	return slog.Attr{Key: h.scrub.Scrub(a.Key), Value: v}
}
