package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"collector/control"
	"collector/search"
	"collector/store"
	"collector/web"
)

// exportPath is where answers are streamed for as long as they are read.
const exportPath = Path + "export"

type exportQuestion struct {
	Asked
	Format  string `query:"format" enum:"jsonl,csv,html,md,sqlite" default:"jsonl" doc:"JSON Lines, CSV, bookmarks, Markdown or SQLite, as docs/EXPORT.md describes them"`
	Network string `query:"network" maxLength:"1000" example:"github/octocat" doc:"only items of this network"`
	Query   string `query:"q" maxLength:"1000" example:"raft lang:go" doc:"only items that match, as for search; without one all"`
	Removed bool   `query:"removed" doc:"also likes that were taken back"`
}

// export streams items; half a query would be half an export, so that a mistake in it is a problem.
func (s *service) export(ctx context.Context, in *exportQuestion) (*huma.StreamResponse, error) {
	user, err := whose(ctx, in.User)
	if err != nil {
		return nil, err
	}
	q := store.Query{User: user, Removed: in.Removed}
	expr, bad := search.Parse(in.Query, s.Now())
	if bad != nil {
		return nil, control.Misread(bad)
	}
	q.Expr = expr
	if in.Network != "" {
		n, err := control.Find(ctx, s.Panel.Store, user, in.Network)
		if err != nil {
			return nil, err
		}
		q.User, q.Network = n.User, n.ID
	}
	if err := s.seen(ctx, user); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		r, w := humago.Unwrap(c)
		if err := web.Download(ctx, w, s.Panel.Store, q, in.Format, s.Panel.Simulated, s.Now); err != nil {
			p, _ := s.failed(ctx, err).(*web.Problem)
			web.WriteProblem(w, r, p)
		}
	}}, nil
}

type exportWish struct {
	Body struct {
		User    string `json:"user,omitempty" maxLength:"200" doc:"whose items; without it those of all users"`
		Format  string `json:"format,omitempty" enum:"jsonl,csv,html,md,sqlite" default:"jsonl" doc:"as for export"`
		Network string `json:"network,omitempty" maxLength:"1000" example:"github/octocat" doc:"only items of this network"`
		Query   string `json:"q,omitempty" maxLength:"1000" example:"raft lang:go" doc:"only items that match, as for search; without one all"`
		Removed bool   `json:"removed,omitempty" doc:"also likes that were taken back"`
	}
}

type exportAdded struct{ Body control.AddedExport }

// exportInBackground has a collector write a file where it runs.
func (s *service) exportInBackground(ctx context.Context, in *exportWish) (*exportAdded, error) {
	if err := operator(ctx, "files where the collector runs are"); err != nil {
		return nil, err
	}
	b := in.Body
	v, err := s.Panel.AddExport(ctx, control.Export{Format: b.Format, User: b.User, Network: b.Network, Query: b.Query, Removed: b.Removed}, s.Now())
	return &exportAdded{v}, err
}

// downloads is what export answers.
func downloads() *huma.Response {
	out := &huma.Response{Description: "the items, as a file of the format that was asked for", Content: map[string]*huma.MediaType{}}
	for _, kind := range web.DownloadTypes {
		out.Content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	}
	return out
}
