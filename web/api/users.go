package api

import (
	"context"
	"time"

	"collector/control"
)

// purgePath is where whole files are written anew, which takes its time.
const purgePath = Path + "users/purge"

// cleanPath is where the collecting for many users may be ended.
const cleanPath = Path + "users/clean"

type purgeWish struct {
	Slow
	Body struct {
		User string `json:"user" minLength:"1" maxLength:"200" doc:"the user of whom everything is deleted"`
	}
}

type purgedAnswer struct{ Body control.PurgedUser }

func (s *service) purgeUser(ctx context.Context, in *purgeWish) (*purgedAnswer, error) {
	if err := operator(ctx, "other users are"); err != nil {
		return nil, err
	}
	ctx, end := in.begin(ctx)
	defer end()
	ended, err := s.Grants.Purge(ctx, in.Body.User) // first, so that nobody is let in to watch
	if err != nil {
		return nil, err
	}
	r, err := s.Panel.Beside.PurgeUser(ctx, in.Body.User, ended)
	if err != nil {
		return nil, because(ctx, err)
	}
	return &purgedAnswer{r}, nil
}

type cleanWish struct {
	Body struct {
		Inactive int  `json:"inactive,omitempty" minimum:"0" maximum:"315360000" doc:"who was not there for so many seconds, at least a week; without it clean_inactive of the collector counts"`
		DryRun   bool `json:"dryRun,omitempty" doc:"say who is inactive and who will be, and change nothing"`
	}
}

type cleaningAnswer struct{ Body control.Cleaning }

func (s *service) cleanUsers(ctx context.Context, in *cleanWish) (*cleaningAnswer, error) {
	if err := operator(ctx, "other users are"); err != nil {
		return nil, err
	}
	if s.Panel.Simulated && !in.Body.DryRun {
		return nil, madeUp("nobody's collecting is ended")
	}
	r, err := s.Panel.Beside.CleanUsers(ctx, time.Duration(in.Body.Inactive)*time.Second, in.Body.DryRun)
	if err != nil {
		return nil, err
	}
	return &cleaningAnswer{r}, nil
}

type seenWish struct {
	Body struct {
		Users []string `json:"users" minItems:"1" maxItems:"1000" maxLength:"200" nullable:"false" doc:"users who are there"`
	}
}

type seenAnswer struct{ Body struct{} }

func (s *service) usersSeen(ctx context.Context, in *seenWish) (*seenAnswer, error) {
	if err := operator(ctx, "other users are"); err != nil {
		return nil, err
	}
	return &seenAnswer{}, s.Panel.UsersSeen(ctx, in.Body.Users, s.Now())
}
