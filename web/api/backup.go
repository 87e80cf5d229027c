package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"collector/control"
	"collector/web"
)

// backupPath is where a copy is made and sent for as long as it is read.
const backupPath = Path + "backup"

// backup sends a copy of the store, over a file that passes.
func (s *service) backup(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
	if err := operator(ctx, "the store as a whole is"); err != nil {
		return nil, err
	}
	select {
	case s.backups <- struct{}{}:
	default:
		return nil, &control.Problem{Kind: control.Busy, Reason: "another backup is being made or sent", Whose: "nobody", Next: "wait until it has ended"}
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		defer func() { <-s.backups }()
		r, w := humago.Unwrap(c)
		if err := s.sendCopy(ctx, w); err != nil {
			p, _ := s.failed(ctx, err).(*web.Problem)
			web.WriteProblem(w, r, p)
		}
	}}, nil
}

// sendCopy makes the copy and sends it. The error is for an answer that has not begun.
func (s *service) sendCopy(ctx context.Context, w http.ResponseWriter) error {
	ctx, end := web.UntilStop(ctx)
	defer end()
	out := http.NewResponseController(w)
	_ = out.SetReadDeadline(time.Time{}) // it would end the request; where there is none nobody waits
	_ = out.SetWriteDeadline(time.Time{})
	s.removeLeft()
	folder, err := os.MkdirTemp(s.Folder, copies)
	if err != nil {
		return unsent(err)
	}
	defer os.RemoveAll(folder) // what is left is removed a day later
	path := filepath.Join(folder, "backup")
	began := s.Now() // it holds what is there now
	made, err := s.Panel.Beside.Backup(ctx, path)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return unsent(err)
	}
	defer f.Close() // it is only read
	sum := sha256.New()
	size, err := io.Copy(sum, f)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return unsent(err)
	}
	h := w.Header()
	h.Set("Content-Type", web.BackupType)
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	h.Set(web.DigestHeader, web.Digest(sum.Sum(nil)))
	h.Set(web.CopyHeader, web.HeaderJSON(made))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Content-Disposition", `attachment; filename="collector.backup"`)
	if _, err := io.Copy(web.Patient(w), f); err != nil {
		web.Note(ctx, fmt.Errorf("sending a backup: %w", err))
		web.CutOff(w)
		return nil
	}
	if err := s.Panel.Beside.BackedUp(context.WithoutCancel(ctx), began); err != nil { // who asked has all, and may be gone
		web.Note(ctx, fmt.Errorf("a backup was sent, but the settings will not tell of it: %w", err))
	}
	return nil
}

func unsent(err error) error {
	return &control.Problem{
		Kind: control.Unavailable, Reason: fmt.Sprintf("the copy cannot be kept while it is sent: %v", err), Whose: "this machine",
		Next: "free some space, or make the folder writable: that of the store, else the one that TMPDIR names", Err: errors.Unwrap(err),
	}
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
