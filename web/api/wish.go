package api

import (
	"context"

	"collector/control"
)

// Chosen is the body of a wish.
type Chosen struct {
	User     string   `json:"user,omitempty" maxLength:"200" doc:"whose networks are meant"`
	Networks []string `json:"networks,omitempty" maxItems:"100" maxLength:"1000" nullable:"false" doc:"networks by name: github/octocat"`
	All      bool     `json:"all,omitempty" doc:"all networks, in place of names"`
}

type wishQuestion struct{ Body Chosen }

type syncQuestion struct {
	Body struct {
		Chosen
		Full           bool `json:"full,omitempty" doc:"read the whole list again: add what is missing, find what is gone"`
		AcceptRemovals bool `json:"acceptRemovals,omitempty" doc:"take as gone what the last reading of the whole list did not show; for networks by name, without full"`
	}
}

type wishAnswer struct {
	Body struct {
		Networks []control.Done `json:"networks" nullable:"false" doc:"what became of the wish, one by one"`
		Works    bool           `json:"works" doc:"a collector runs; without one nothing is read"`
	}
}

// wish is what was chosen, by somebody who may change it.
func wish(ctx context.Context, in Chosen) (control.Wish, error) {
	user, err := changer(ctx, in.User)
	return control.Wish{User: user, Networks: in.Networks, All: in.All}, err
}

func (s *service) done(ctx context.Context, list []control.Done, err error) (*wishAnswer, error) {
	if err != nil {
		return nil, err
	}
	out := &wishAnswer{}
	out.Body.Networks = append([]control.Done{}, list...)
	out.Body.Works, err = s.Panel.Works(ctx, s.Now())
	return out, err
}

func (s *service) sync(ctx context.Context, in *syncQuestion) (*wishAnswer, error) {
	w, err := wish(ctx, in.Body.Chosen)
	if err != nil {
		return nil, err
	}
	if in.Body.AcceptRemovals {
		if in.Body.All || in.Body.Full {
			return nil, &control.Problem{Kind: control.Wrong, Reason: "acceptRemovals is for networks that you name, without full", Whose: "you", Next: "name the networks"}
		}
		list, err := s.Panel.AcceptRemovals(ctx, w, s.Now())
		return s.done(ctx, list, err)
	}
	list, err := s.Panel.Sync(ctx, w, in.Body.Full, s.Now())
	return s.done(ctx, list, err)
}

func (s *service) pause(ctx context.Context, in *wishQuestion) (*wishAnswer, error) {
	return s.setPaused(ctx, in, true)
}

func (s *service) resume(ctx context.Context, in *wishQuestion) (*wishAnswer, error) {
	return s.setPaused(ctx, in, false)
}

func (s *service) setPaused(ctx context.Context, in *wishQuestion, paused bool) (*wishAnswer, error) {
	w, err := wish(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	list, err := s.Panel.SetPaused(ctx, w, paused, s.Now())
	return s.done(ctx, list, err)
}
