package web

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

	"collector/control"
)

// copies begins the names of folders that hold a copy that is being sent.
const copies = ".collector-copy-"

// Copies makes copies of a whole store and sends them, one at a time, whoever asks: the API and
// the pages share one.
type Copies struct {
	panel  *control.Panel
	folder string
	now    func() time.Time
	turn   chan struct{} // holds one while a copy is made or sent
}

// NewCopies keeps a copy in a folder for as long as it is sent, "" for the system's, and removes
// those that a process left there that was killed.
func NewCopies(p *control.Panel, folder string, now func() time.Time) *Copies {
	c := &Copies{panel: p, folder: folder, now: now, turn: make(chan struct{}, 1)}
	RemoveLeft(folder, copies, now())
	return c
}

// Send makes a copy and sends it as a file to whoever the caller has let in. Once all of it was
// sent the store notes when it was begun. The error is for an answer that has not begun.
func (c *Copies) Send(ctx context.Context, w http.ResponseWriter) error {
	select {
	case c.turn <- struct{}{}:
	default:
		return &control.Problem{Kind: control.Busy, Reason: "another backup is being made or sent", Whose: "nobody", Next: "wait until it has ended"}
	}
	defer func() { <-c.turn }()
	ctx, end := UntilStop(ctx)
	defer end()
	out := http.NewResponseController(w)
	_ = out.SetReadDeadline(time.Time{}) // it would end the request; where there is none nobody waits
	_ = out.SetWriteDeadline(time.Time{})
	RemoveLeft(c.folder, copies, c.now())
	folder, err := os.MkdirTemp(c.folder, copies)
	if err != nil {
		return unsent(err)
	}
	defer os.RemoveAll(folder) // what is left is removed a day later
	path := filepath.Join(folder, "backup")
	began := c.now() // it holds what is there now
	made, err := c.panel.Beside.Backup(ctx, path)
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
	h.Set("Content-Type", BackupType)
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	h.Set(DigestHeader, Digest(sum.Sum(nil)))
	h.Set(CopyHeader, HeaderJSON(made))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Content-Disposition", `attachment; filename="collector-`+began.UTC().Format("20060102T150405Z")+`.backup"`)
	if _, err := io.Copy(Patient(w), f); err != nil {
		Note(ctx, fmt.Errorf("sending a backup: %w", err))
		CutOff(w)
		return nil
	}
	if err := c.panel.NoteBackup(context.WithoutCancel(ctx), control.LastBackup{At: began, Bytes: size}); err != nil { // who asked has all, and may be gone
		Note(ctx, fmt.Errorf("a backup was sent, but the settings will not tell of it: %w", err))
	}
	return nil
}

func unsent(err error) error {
	return &control.Problem{
		Kind: control.Unavailable, Reason: fmt.Sprintf("the copy cannot be kept while it is sent: %v", err), Whose: "this machine",
		Next: "free some space, or make the folder writable: that of the store, else the one that TMPDIR names", Err: errors.Unwrap(err),
	}
}

// RemoveLeft removes folders whose names begin so and that are older than a day: processes have
// left them that were killed. folder is where they are, "" the system's.
func RemoveLeft(folder, begin string, now time.Time) {
	if folder == "" {
		folder = os.TempDir()
	}
	left, err := filepath.Glob(filepath.Join(folder, begin+"*"))
	if err != nil {
		return // the name of the folder is a pattern
	}
	for _, name := range left {
		if at, err := os.Lstat(name); err == nil && at.IsDir() && now.Sub(at.ModTime()) > 24*time.Hour {
			_ = os.RemoveAll(name) // the next one tries again
		}
	}
}
