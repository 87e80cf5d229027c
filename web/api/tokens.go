package api

import (
	"context"
	"time"

	"collector/control"
	"collector/feed"
	"collector/grant"
	"collector/search"
)

type grantsAnswer struct {
	Body struct {
		Tokens []control.Grant `json:"tokens" nullable:"false"`
	}
}

// grants lists what the one who asks may end, of one kind where one is named.
func (s *service) grants(ctx context.Context, in *Asked, only grant.Kind) (*grantsAnswer, error) {
	out := &grantsAnswer{}
	out.Body.Tokens = []control.Grant{}
	return out, s.withGrants(ctx, func(by grant.Who) error {
		all, err := s.Grants.List(ctx, s.Now(), by, in.User)
		for _, r := range all {
			if only == "" || r.Kind == only {
				out.Body.Tokens = append(out.Body.Tokens, control.GrantOf(r))
			}
		}
		return err
	})
}

func (s *service) tokens(ctx context.Context, in *Asked) (*grantsAnswer, error) {
	return s.grants(ctx, in, "")
}

func (s *service) feeds(ctx context.Context, in *Asked) (*grantsAnswer, error) {
	return s.grants(ctx, in, grant.Feed)
}

// withGrants runs fn for the one who asks.
func (s *service) withGrants(ctx context.Context, fn func(grant.Who) error) error {
	by, ok := grant.From(ctx)
	if !ok || by.Kind == "" {
		return forbidden("nobody is signed in", "sign in, or send a token")
	}
	return control.GrantProblem(fn(by))
}

type tokenWish struct {
	Body struct {
		User   string        `json:"user,omitempty" maxLength:"200" doc:"whose; without it of the one who asks, of the operator a token for all users"`
		Name   string        `json:"name" minLength:"1" maxLength:"200" doc:"what people call it"`
		Scopes []grant.Scope `json:"scopes" minItems:"1" maxItems:"10" nullable:"false" enum:"read,write,feeds,metrics,admin" doc:"what it may: read, write, feeds, metrics, admin; none implies another"`
		For    int           `json:"for,omitempty" minimum:"60" maximum:"315360000" default:"31536000" doc:"how long it is good, in seconds"`
	}
}

// Made is a grant with the text that lets in, which is shown this once.
type Made struct {
	control.Grant
	Token string `json:"token" doc:"the text itself: it is shown this once"`
	Path  string `json:"path,omitempty" doc:"of a feed: where readers find it, with .atom, .rss or .json behind it"`
}

type madeAnswer struct{ Body Made }

func (s *service) addToken(ctx context.Context, in *tokenWish) (*madeAnswer, error) {
	b := in.Body
	return s.makeGrant(ctx, grant.Ask{Kind: grant.Token, User: b.User, Name: b.Name, Scopes: b.Scopes, For: time.Duration(b.For) * time.Second})
}

type feedWish struct {
	Body struct {
		User    string `json:"user,omitempty" maxLength:"200" doc:"whose likes; without it those of the one who asks"`
		Name    string `json:"name" minLength:"1" maxLength:"200" doc:"what people call it"`
		Query   string `json:"q,omitempty" maxLength:"2000" doc:"what it shows, as collector search takes it; without one everything"`
		Private bool   `json:"private,omitempty" doc:"also what is private at its service"`
	}
}

func (s *service) addFeed(ctx context.Context, in *feedWish) (*madeAnswer, error) {
	b := in.Body
	if _, bad := search.Parse(b.Query, s.Now()); bad != nil { // half a search would show what was not asked for
		return nil, control.Misread(bad)
	}
	out, err := s.makeGrant(ctx, grant.Ask{Kind: grant.Feed, User: b.User, Name: b.Name, Search: b.Query, Private: b.Private})
	if err == nil {
		out.Body.Path = feed.Path + out.Body.Token
	}
	return out, err
}

func (s *service) makeGrant(ctx context.Context, a grant.Ask) (*madeAnswer, error) {
	out := &madeAnswer{}
	return out, s.withGrants(ctx, func(by grant.Who) error {
		if a.User == "" {
			a.User = by.User
		}
		secret, r, err := s.Grants.Make(ctx, s.Now(), by, a)
		if err == nil {
			out.Body.Grant, out.Body.Token = control.GrantOf(r), secret
		}
		return err
	})
}

type revokeWish struct {
	Body struct {
		ID string `json:"id" maxLength:"100" example:"g_4xkq2m7ytzr5a" doc:"what is to end, as the list shows it"`
	}
}

type revokedAnswer struct {
	Body struct {
		ID   string     `json:"id" doc:"what has ended, and is void from now on"`
		Kind grant.Kind `json:"kind" doc:"token, feed, session or login; empty of one that could not be read"`
		Name string     `json:"name" doc:"what people called it"`
	}
}

func (s *service) revoke(ctx context.Context, in *revokeWish) (*revokedAnswer, error) {
	out := &revokedAnswer{}
	return out, s.withGrants(ctx, func(by grant.Who) error {
		r, err := s.Grants.Revoke(ctx, by, in.Body.ID)
		out.Body.ID, out.Body.Kind, out.Body.Name = r.ID, r.Kind, r.Name
		return err
	})
}

// revokeFeed ends a feed, and nothing that is none.
func (s *service) revokeFeed(ctx context.Context, in *revokeWish) (*revokedAnswer, error) {
	feeds, err := s.feeds(ctx, &Asked{})
	if err != nil {
		return nil, err
	}
	for _, f := range feeds.Body.Tokens {
		if f.ID == in.Body.ID {
			return s.revoke(ctx, in)
		}
	}
	return nil, &control.Problem{Kind: control.Unknown, Reason: "there is no such feed", Whose: "you", Next: "GET /api/feeds lists the ids"}
}
