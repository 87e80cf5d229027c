package api

import (
	"context"

	"collector/control"
)

type searchQuestion struct {
	Asked
	Query string `query:"q" maxLength:"2000" example:"raft lang:go" doc:"the query, as collector search takes it; without one everything is found"`
	Sort  string `query:"sort" enum:"best,newest" default:"best" doc:"best answers first or newest like first"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"at most so many items; fewer where they have more than 8 MiB of text together: next leads on"`
	Saved string `query:"saved" maxLength:"60" doc:"a saved search of the user, which items must match too"`
	After string `query:"after" maxLength:"4000" pattern:"^[A-Za-z0-9_-]*$" doc:"next of the page before, of the same search"`
}

// Mistake is what in a query was not understood.
type Mistake struct {
	Offset int    `json:"offset" doc:"where, in bytes from its beginning"`
	Reason string `json:"reason" doc:"what is wrong and what would be right"`
}

type searchAnswer struct {
	Body struct {
		control.Results
		Mistake *Mistake `json:"mistake,omitempty" doc:"what was not understood; the rest was searched"`
	}
}

func (s *service) search(ctx context.Context, in *searchQuestion) (*searchAnswer, error) {
	user, err := whose(ctx, in.User)
	if err != nil {
		return nil, err
	}
	expr, mistake, err := control.Understood(in.Query, s.Now())
	if err != nil {
		return nil, err
	}
	out := &searchAnswer{}
	out.Body.Results, err = s.Panel.Results(ctx, control.Search{User: user, Query: in.Query, Sort: in.Sort, Limit: in.Limit, After: in.After, Saved: in.Saved}, expr, s.Now())
	if err != nil {
		return nil, err
	}
	if mistake != nil {
		out.Body.Mistake = &Mistake{mistake.Offset, mistake.Reason}
	}
	return out, s.seen(ctx, user)
}

type itemsQuestion struct {
	OfNetwork
	IDs []string `query:"id,explode" required:"true" minItems:"1" maxItems:"100" maxLength:"4000" nullable:"false" doc:"ids of items, as the change log names them; the parameter may be repeated"`
}

type itemsAnswer struct {
	Body struct {
		Items []control.Item `json:"items" nullable:"false"`
	}
}

func (s *service) items(ctx context.Context, in *itemsQuestion) (*itemsAnswer, error) {
	user, err := whose(ctx, in.User)
	if err != nil {
		return nil, err
	}
	list, err := s.Panel.Items(ctx, user, in.Network, in.IDs)
	if err != nil {
		return nil, err
	}
	out := &itemsAnswer{}
	out.Body.Items = list
	return out, s.seen(ctx, user)
}

type changesQuestion struct {
	Asked
	Since int64 `query:"since" minimum:"0" default:"0" doc:"the newest number that is known already; 0 for the beginning"`
	Limit int   `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"at most so many changes"`
}

type changesAnswer struct {
	Body struct {
		Changes []control.Change `json:"changes" nullable:"false"`
		Next    int64            `json:"next" doc:"since of the next question"`
	}
}

func (s *service) changes(ctx context.Context, in *changesQuestion) (*changesAnswer, error) {
	user, err := whose(ctx, in.User)
	if err != nil {
		return nil, err
	}
	list, next, err := s.Panel.ChangesSince(ctx, user, in.Since, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &changesAnswer{}
	out.Body.Changes, out.Body.Next = list, next
	return out, s.seen(ctx, user)
}

type lastChangeAnswer struct {
	Body struct {
		Next int64 `json:"next" doc:"since of the next question to /api/changes"`
	}
}

func (s *service) lastChange(ctx context.Context, _ *struct{}) (*lastChangeAnswer, error) {
	if _, err := whose(ctx, ""); err != nil {
		return nil, err
	}
	out := &lastChangeAnswer{}
	var err error
	out.Body.Next, err = s.Panel.Store.LastChange(ctx)
	return out, err
}

// seen notes that a user is there. A store that cannot be written is read all the same.
func (s *service) seen(ctx context.Context, user string) error {
	if err := s.Panel.Here(ctx, user, s.Now()); err != nil && control.ProblemOf(err).Kind != control.Unavailable {
		return err
	}
	return nil
}
