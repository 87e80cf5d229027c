package main

import (
	"context"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"collector/control"
	"collector/grant"
	"collector/search/saved"
)

// deskOfLetting is the part of a desk that is about who is let in, and what users keep under names.
type deskOfLetting interface {
	Someone() string // who is meant where no user is named
	Grants(ctx context.Context, user string) ([]control.Grant, error)
	MakeGrant(ctx context.Context, a grant.Ask) (made control.Grant, secret string, err error)
	RevokeGrant(ctx context.Context, id string) (control.Grant, error)
	Searches(ctx context.Context, user string) ([]saved.Search, error)
	SaveSearch(ctx context.Context, user string, s saved.Search) error
	RemoveSearch(ctx context.Context, user, name string) error
}

// meant is whose things a command with --user is about: who is named, or who asks. An empty
// name is of a variable that is not set.
func meant(c *cobra.Command, d desk, user string) (string, error) {
	switch {
	case !c.Flags().Changed("user"):
		return d.Someone(), nil
	case user == "":
		return "", control.NothingOf(user)
	}
	return user, nil
}

// Someone is who is meant at a store where no user is named.
func (atStore) Someone() string { return someone }

// grants runs fn over the grants of the store.
func (d atStore) grants(ctx context.Context, making bool, fn func(*grant.Service) error) error {
	if making && strings.HasPrefix(d.a.conf.Store, "memory:") {
		return you(exitUsage, "name the store of the collector: --store=sqlite:FILE or mongodb://HOST/DATABASE", "a store in memory ends with its process, and with it what would let somebody in")
	}
	return withGrants(ctx, d.st, making, func(grants grant.Store) error {
		return control.GrantProblem(fn(grant.New(grants, slog.New(slog.DiscardHandler))))
	})
}

func (d atStore) Grants(ctx context.Context, user string) (out []control.Grant, err error) {
	err = d.grants(ctx, false, func(g *grant.Service) error {
		all, err := g.List(ctx, d.a.now(), grant.Operator(), user)
		for _, r := range all {
			out = append(out, control.GrantOf(r))
		}
		return err
	})
	return out, err
}

func (d atStore) MakeGrant(ctx context.Context, a grant.Ask) (made control.Grant, secret string, err error) {
	err = d.grants(ctx, true, func(g *grant.Service) error {
		text, r, err := g.Make(ctx, d.a.now(), grant.Operator(), a)
		if err == nil {
			made, secret = control.GrantOf(r), text
		}
		return err
	})
	return made, secret, err
}

func (d atStore) RevokeGrant(ctx context.Context, id string) (out control.Grant, err error) {
	err = d.grants(ctx, false, func(g *grant.Service) error {
		r, err := g.Revoke(ctx, grant.Operator(), id)
		if err == nil {
			out = control.Grant{ID: r.ID, Kind: string(r.Kind), Name: r.Name}
		}
		return err
	})
	return out, err
}

func (d atStore) Searches(ctx context.Context, user string) ([]saved.Search, error) {
	return saved.List(ctx, d.st, user)
}

func (d atStore) SaveSearch(ctx context.Context, user string, s saved.Search) error {
	if err := control.HasLikes(ctx, d.st, user); err != nil {
		return err
	}
	return d.panel().SaveSearch(ctx, user, s, d.a.now())
}

func (d atStore) RemoveSearch(ctx context.Context, user, name string) error {
	return control.NoSuchSearch(saved.Remove(ctx, d.st, user, name))
}
