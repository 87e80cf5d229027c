package web

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// socket is a Unix socket that only the user who runs the collector can open.
type socket struct {
	net.Listener
	path string
	mine fs.FileInfo
	once sync.Once
}

// errTaken says that another collector answers on the socket.
var errTaken = errors.New("another collector of this store answers there")

// listenSocket makes the socket. It is made in a folder of its own and moved to its place
// once only its owner can open it, so that nobody else ever could; what a dead collector left there
// is replaced. Another collector's that lives is errTaken, and whatever else is there is left alone.
func listenSocket(ctx context.Context, path string) (*socket, error) {
	if most := len(syscall.RawSockaddrUnix{}.Path) - 1; len(path) > most {
		return nil, fmt.Errorf("its path is too long: %d bytes, and this system takes %d", len(path), most)
	}
	if err := vacant(ctx, path); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".s") // of mode 0700
	if err != nil {
		return nil, fmt.Errorf("making a folder for the socket: %w", err)
	}
	defer os.RemoveAll(dir)
	made := filepath.Join(dir, "s")
	ln, err := (&net.ListenConfig{}).Listen(ctx, "unix", made)
	if err != nil {
		return nil, fmt.Errorf("listening on the socket: %w", err)
	}
	if u, ok := ln.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false) // it is moved
	}
	s := &socket{Listener: ln, path: path}
	err = os.Chmod(made, 0o600)
	if err == nil {
		err = os.Rename(made, path)
	}
	if err == nil {
		s.mine, err = os.Lstat(path)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("putting the socket in its place: %w", err), ln.Close())
	}
	return s, nil
}

// vacant says why a socket may not be put at a path, nil where nothing is or one on which
// nobody listens any more. Only a refusal says that: a socket of another user, or one that
// has more connections waiting than it takes, cannot be reached either.
func vacant(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("looking for the socket: %w", err)
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s is there and no socket", path)
	}
	d := net.Dialer{Timeout: time.Second}
	c, err := d.DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		_ = c.Close() // nothing was said
		return errTaken
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return fmt.Errorf("somebody else has the socket: %w", err)
}

// Close ends it and removes it, unless it is another's by now. It is looked at once:
// afterwards the number of its file may be that of another.
func (s *socket) Close() error {
	s.once.Do(func() {
		if now, err := os.Lstat(s.path); err == nil && os.SameFile(now, s.mine) {
			_ = os.Remove(s.path) // a socket that nobody answers on does no harm
		}
	})
	return s.Listener.Close()
}

type socketKey struct{}

// overSocket says whether a request came over the Unix socket.
func overSocket(ctx context.Context) bool {
	over, _ := ctx.Value(socketKey{}).(bool)
	return over
}

// ofConn notes over what a connection came.
func ofConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, socketKey{}, c.LocalAddr().Network() == "unix")
}
