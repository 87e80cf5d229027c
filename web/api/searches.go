package api

import (
	"cmp"
	"context"
	"time"

	"collector/control"
	"collector/grant"
	"collector/search/saved"
	"collector/store"
)

type searchesAnswer struct {
	Body struct {
		Searches []saved.Search `json:"searches" nullable:"false" doc:"by name"`
	}
}

func (s *service) searches(ctx context.Context, in *Asked) (*searchesAnswer, error) {
	user, err := whose(ctx, in.User)
	if err != nil {
		return nil, err
	}
	list, err := saved.List(ctx, s.Panel.Store, cmp.Or(user, control.Someone))
	out := &searchesAnswer{}
	out.Body.Searches = append([]saved.Search{}, list...)
	return out, err
}

type saveWish struct {
	Body struct {
		User  string `json:"user,omitempty" maxLength:"200" doc:"whose search; without it that of the one who asks"`
		Name  string `json:"name" maxLength:"240" doc:"at most 60 characters; upper and lower case are the same"`
		Query string `json:"query" maxLength:"2000" doc:"as collector search takes it; empty is everything"`
	}
}

func (s *service) saveSearch(ctx context.Context, in *saveWish) (*searchesAnswer, error) {
	user, err := changer(ctx, in.Body.User)
	if err != nil {
		return nil, err
	}
	user = cmp.Or(user, control.Someone)
	if who, _ := grant.From(ctx); who.User == "" { // he can mistype a name
		if err := control.HasLikes(ctx, s.Panel.Store, user); err != nil {
			return nil, err
		}
	}
	if err = s.Panel.SaveSearch(ctx, user, saved.Search{Name: in.Body.Name, Query: in.Body.Query}, s.Now()); err != nil {
		return nil, err
	}
	return s.searches(ctx, &Asked{User: user})
}

type nameWish struct {
	Body struct {
		User string `json:"user,omitempty" maxLength:"200" doc:"whose search; without it that of the one who asks"`
		Name string `json:"name" maxLength:"240" doc:"the name of a saved search"`
	}
}

func (s *service) removeSearch(ctx context.Context, in *nameWish) (*searchesAnswer, error) {
	user, err := changer(ctx, in.Body.User)
	if err != nil {
		return nil, err
	}
	err = saved.Remove(ctx, s.Panel.Store, cmp.Or(user, control.Someone), in.Body.Name)
	if err != nil {
		return nil, control.NoSuchSearch(err)
	}
	return s.searches(ctx, &Asked{User: user})
}

type facetsQuestion struct {
	Asked
	Query string `query:"q" maxLength:"2000" example:"raft lang:go" doc:"the query, as for search; without one everything is counted"`
	Most  int    `query:"most" minimum:"1" maximum:"50000" default:"5000" doc:"all is counted where at most so many items match, else so many of the newest likes"`
}

// Facet is a value by which a query can be narrowed, and how many items have it.
type Facet struct {
	Value string `json:"value"`
	Items int    `json:"items"`
}

type facetsAnswer struct {
	Body struct {
		Counted   int        `json:"counted" doc:"items that were counted"`
		Whole     bool       `json:"whole" doc:"they are all that match"`
		Since     *time.Time `json:"since" doc:"where they are not: all that match and were liked after this are counted; null where chance says which"`
		Services  []Facet    `json:"services" nullable:"false" doc:"for in:, most items first"`
		Years     []Facet    `json:"years" nullable:"false" doc:"for liked:, the newest first"`
		Tags      []Facet    `json:"tags" nullable:"false" doc:"for tag:, the 50 with most items"`
		Languages []Facet    `json:"languages" nullable:"false" doc:"for lang:, the 50 with most items"`
		Mistake   *Mistake   `json:"mistake,omitempty" doc:"what was not understood; the rest was searched"`
	}
}

func (s *service) facets(ctx context.Context, in *facetsQuestion) (*facetsAnswer, error) {
	user, err := whose(ctx, in.User)
	if err != nil {
		return nil, err
	}
	expr, mistake, err := control.Understood(in.Query, s.Now())
	if err != nil {
		return nil, err
	}
	f, err := s.Panel.Store.Facets(ctx, store.Query{User: user, Expr: expr}, in.Most)
	if err != nil {
		return nil, err
	}
	out := &facetsAnswer{}
	out.Body.Counted, out.Body.Whole = f.Counted, f.Whole
	if !f.Since.IsZero() {
		out.Body.Since = &f.Since
	}
	out.Body.Services, out.Body.Years, out.Body.Tags, out.Body.Languages = facets(f.Services), facets(f.Years), facets(f.Tags), facets(f.Languages)
	if mistake != nil {
		out.Body.Mistake = &Mistake{mistake.Offset, mistake.Reason}
	}
	return out, s.seen(ctx, user)
}

func facets(list []store.Facet) []Facet {
	out := make([]Facet, len(list))
	for i, f := range list {
		out[i] = Facet(f)
	}
	return out
}
