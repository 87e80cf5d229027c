package web

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"
)

// socket is a Unix socket that only the user who runs the collector can open.
type socket struct {
	net.Listener
	path string
	mine fs.FileInfo
}

// errTaken says that another collector answers on the socket.
var errTaken = errors.New("another collector of this store answers there")

// listenSocket makes the socket. It is made in a folder of its own and moved to its place
// once only its owner can open it, so that nobody else ever could; what a dead collector left there
// is replaced. Another collector's that lives is errTaken, and a file of another kind is left alone.
func listenSocket(ctx context.Context, path string) (*socket, error) {
	switch info, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("looking for the socket: %w", err)
	case info.Mode().Type() != fs.ModeSocket:
		return nil, fmt.Errorf("%s is there and no socket", path)
	default:
		d := net.Dialer{Timeout: time.Second}
		if c, err := d.DialContext(ctx, "unix", path); err == nil {
			_ = c.Close() // nothing was said
			return nil, errTaken
		}
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

// Close ends it and removes it, unless it is another's by now.
func (s *socket) Close() error {
	if now, err := os.Lstat(s.path); err == nil && os.SameFile(now, s.mine) {
		_ = os.Remove(s.path) // a socket that nobody answers on does no harm
	}
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
