package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"collector/web"
)

// backupPath is where a copy is made and sent for as long as it is read.
const backupPath = Path + "backup"

// backup sends a copy of the store, over a file that passes.
func (s *service) backup(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
	if err := operator(ctx, "the store as a whole is"); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		r, w := humago.Unwrap(c)
		if err := s.Copies.Send(ctx, w); err != nil {
			p, _ := s.failed(ctx, err).(*web.Problem)
			web.WriteProblem(w, r, p)
		}
	}}, nil
}

// copied is what backup answers.
func copied() *huma.Response {
	text := &huma.Schema{Type: huma.TypeString}
	return &huma.Response{
		Description: "the copy, an SQLite file",
		Content:     map[string]*huma.MediaType{web.BackupType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
		Headers: map[string]*huma.Param{
			web.DigestHeader: {Description: "the SHA-256 of the file, as RFC 9530 writes it", Schema: text},
			web.CopyHeader:   {Description: "what is in it, as JSON: bytes, items, networks, accounts, schema, lastChange, simulated, and where the secret key is", Schema: text},
		},
	}
}
