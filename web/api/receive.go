package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"collector/control"
	"collector/web"
)

const (
	// mostUpload is the size of the largest file that is taken, in bytes.
	mostUpload = 1 << 30
	// pieceWithin is how long the next piece of a file may take.
	pieceWithin = 30 * time.Second
	// uploads begins the names of folders that hold a file that was sent. One that is older than
	// a day was left by a process that was killed.
	uploads = ".collector-upload-"
)

// received is a file that was sent.
type received struct{ folder, path string }

func (f received) remove() { _ = os.RemoveAll(f.folder) } // what is left is removed a day later

// receive keeps the body of a request in a file that only this user may read.
func (s *service) receive(ctx context.Context, w http.ResponseWriter, r *http.Request) (out received, err error) {
	if r.ContentLength > mostUpload {
		return out, tooLarge()
	}
	if room := s.Panel.Room; room != nil {
		if err := room(); err != nil {
			return out, &control.Problem{Kind: control.Unavailable, Reason: err.Error(), Whose: "this machine", Next: "free some space, then send it again", Err: err}
		}
	}
	s.removeLeft()
	if out.folder, err = os.MkdirTemp(s.Folder, uploads); err != nil {
		return out, unkept(err)
	}
	defer func() {
		if err != nil {
			out.remove()
		}
	}()
	out.path = filepath.Join(out.folder, "file")
	f, err := os.OpenFile(out.path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return out, unkept(err)
	}
	from := newPatient(w, r.Body)
	_, err = io.Copy(f, from)
	from.end()
	if closed := f.Close(); err == nil && closed != nil {
		err = closed
	}
	_, large := errors.AsType[*http.MaxBytesError](err)
	switch {
	case err == nil:
		return out, nil
	case large:
		return out, tooLarge()
	case from.failed == nil:
		return out, unkept(err)
	case ctx.Err() != nil:
		return out, context.Cause(ctx)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return out, late()
	}
	return out, cutShort()
}

// removeLeft removes what processes have left that were killed.
func (s *service) removeLeft() { web.RemoveLeft(s.Folder, uploads, s.Now()) }

// patient reads a body that may be large: each piece has its own time, and the answer is not
// due while it comes.
type patient struct {
	body   io.Reader
	out    *http.ResponseController
	timer  *time.Timer
	failed error // what reading failed with
}

func newPatient(w http.ResponseWriter, body io.ReadCloser) *patient {
	p := &patient{body: http.MaxBytesReader(w, body, mostUpload), out: http.NewResponseController(w)}
	_ = p.out.SetReadDeadline(time.Time{}) // where there is none nobody waits
	_ = p.out.SetWriteDeadline(time.Time{})
	p.timer = time.AfterFunc(pieceWithin, func() { _ = p.out.SetReadDeadline(time.Unix(1, 0)) })
	return p
}

func (p *patient) Read(b []byte) (int, error) {
	p.timer.Reset(pieceWithin)
	n, err := p.body.Read(b)
	p.timer.Stop() // whoever reads may work on it for longer
	if err != nil && !errors.Is(err, io.EOF) {
		p.failed = err
	}
	return n, err
}

func (p *patient) end() { p.timer.Stop() }

func tooLarge() error {
	return &web.Problem{
		Status: http.StatusRequestEntityTooLarge, Detail: "the file is larger than 1 GiB", Whose: "you",
		Next: "send what is read of it: unpack it and run collector import FOLDER, or import it where the store is",
	}
}

func late() error {
	return &web.Problem{Status: http.StatusRequestTimeout, Detail: "the file did not come in time", Whose: "you, or the network", Next: "send it again"}
}

func cutShort() error {
	return &web.Problem{Status: http.StatusBadRequest, Detail: "the file could not be read to its end", Whose: "you, or the network", Next: "send it again"}
}

func unkept(err error) error {
	return &control.Problem{
		Kind: control.Unavailable, Reason: fmt.Sprintf("the file that was sent cannot be kept: %v", err), Whose: "this machine",
		Next: "free some space, or make the folder writable: that of the store, else the one that TMPDIR names", Err: err,
	}
}
