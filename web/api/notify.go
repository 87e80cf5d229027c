package api

import (
	"context"

	"collector/control"
)

// notifyPath is where each address may take its time.
const notifyPath = Path + "notify/test"

type toldAnswer struct {
	Body struct {
		Told []control.Told `json:"told" nullable:"false" doc:"what became of the message at each address"`
	}
}

func (s *service) testNotify(ctx context.Context, _ *struct{}) (*toldAnswer, error) {
	if err := operator(ctx, "who is told is"); err != nil {
		return nil, err
	}
	if s.Panel.Simulated {
		return nil, madeUp("nobody is told")
	}
	list, err := s.TestNotify(ctx)
	out := &toldAnswer{}
	out.Body.Told = append([]control.Told{}, list...)
	return out, err
}
