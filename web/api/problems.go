package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"collector/control/words"
	"collector/grant"
	"collector/web"
)

// failed turns an error of package control into the answer. What was not foreseen is
// noted for the log, and not told.
func (s *service) failed(ctx context.Context, err error) error {
	p, ok := errors.AsType[*web.Problem](err)
	if !ok {
		who, _ := grant.From(ctx)
		p = web.ProblemFor(who, err)
	}
	if p.Status >= http.StatusInternalServerError {
		web.Note(ctx, err)
	}
	if s.Clean != nil {
		p.Detail, p.Next = s.Clean(p.Detail), s.Clean(p.Next)
	}
	return p
}

// mostMistakes of a request are told.
const mostMistakes = 20

// problems completes every answer that is a problem: the library's own, on what does not
// fit the description, become ours and repeat nothing of what was sent but its place.
func (s *service) problems(ctx huma.Context, _ string, v any) (any, error) {
	switch e := v.(type) {
	case *web.Problem:
		e.Type, e.Title, e.RequestID = "about:blank", http.StatusText(e.Status), web.RequestID(ctx.Context())
	case *huma.ErrorModel:
		p := &web.Problem{
			Type: "about:blank", Title: http.StatusText(e.Status), Status: e.Status, RequestID: web.RequestID(ctx.Context()),
			Detail: "what was asked for does not fit the description", Whose: "you", Next: "read " + ctx.Operation().OperationID + " in " + Spec,
		}
		if e.Status >= http.StatusInternalServerError {
			web.Note(ctx.Context(), fmt.Errorf("answering: %s: %v", e.Detail, e.Errors))
			p.Detail, p.Whose, p.Next = "a mistake in collector", "collector", "look into the log of the collector for this request, and report it"
			return p, nil
		}
		if len(e.Errors) == 0 {
			p.Detail = words.Line(e.Detail)
		}
		for _, d := range e.Errors[:min(len(e.Errors), mostMistakes)] {
			p.Errors = append(p.Errors, web.Detail{Where: words.Line(d.Location), Message: words.Line(d.Message)})
		}
		return p, nil
	}
	return v, nil
}
