package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"os"

	"github.com/danielgtaylor/huma/v2"

	"collector/control"
	"collector/web"
)

// enrolPath is where tokens of many users are read for as long as they come.
const enrolPath = Path + "accounts/import"

type enrolWish struct {
	Slow
	User string `query:"user" maxLength:"200" doc:"the user of lines that name none; without it me"`
}

type enrolledAnswer struct {
	Body struct {
		control.Enrolled
		Stopped *web.Problem `json:"stopped" doc:"null, or why it ended before the last line: what is told is done"`
	}
}

// enrolled is the body of an import of accounts in the description.
func enrolled() *huma.RequestBody {
	return &huma.RequestBody{
		Required: true, Description: `JSON Lines, at most 1 GiB, each line at most 1 MB: {"user":"anna","service":"github","token":"…","server":"","name":"","params":{}}. Only service and token are needed.`,
		Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}
}

// enrol connects accounts as their lines come: tokens of many users are in no file, not even for
// a moment. One import at a time, since each looks at all sign-ins that there are.
func (s *service) enrol(ctx context.Context, in *enrolWish) (*enrolledAnswer, error) {
	if err := operator(ctx, "connecting many accounts is"); err != nil {
		return nil, err
	}
	switch {
	case s.Panel.Simulated:
		return nil, madeUp("nothing real is connected")
	case in.r.ContentLength > mostUpload:
		return nil, tooMany()
	}
	select {
	case s.enrols <- struct{}{}:
	default:
		return nil, &control.Problem{Kind: control.Busy, Reason: "another import of accounts is under way", Whose: "nobody", Next: "wait until it has ended"}
	}
	defer func() { <-s.enrols }()
	ctx, end := web.UntilStop(ctx)
	defer end()
	told, end := in.progress()
	defer end()
	from := newPatient(in.w, in.r.Body)
	defer from.end()
	out := &enrolledAnswer{}
	var err error
	out.Body.Enrolled, err = s.Panel.Beside.Enrol(ctx, from, control.Enrolment{User: cmp.Or(in.User, control.Someone), Told: told})
	if out.Body.Lines == nil { // it is a list, whatever came of it
		out.Body.Lines = []control.RefusedLine{}
	}
	_, large := errors.AsType[*http.MaxBytesError](from.failed)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case large:
		err = tooMany()
	case errors.Is(from.failed, os.ErrDeadlineExceeded):
		err = late()
	case from.failed != nil:
		err = cutShort()
	}
	out.Body.Stopped, err = s.stopped(ctx, out.Body.Begun(), err)
	return out, err
}

func tooMany() error {
	return &web.Problem{Status: http.StatusRequestEntityTooLarge, Detail: "the lines are more than 1 GiB", Whose: "you", Next: "send them in several files"}
}

// stopped is why something ended before its end, as a part of the answer where something was done
// of which it tells, else as the answer.
func (s *service) stopped(ctx context.Context, begun bool, err error) (*web.Problem, error) {
	if err == nil || !begun {
		return nil, err
	}
	p, _ := errors.AsType[*web.Problem](s.failed(ctx, err)) // it is one
	p.Type, p.Title, p.RequestID = "about:blank", http.StatusText(p.Status), web.RequestID(ctx)
	return p, nil
}
