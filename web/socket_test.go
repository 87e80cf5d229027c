package web

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSocketOfTheNextIsLeft: a stop closes a listener more than once, and meanwhile the
// next collector may have put its own socket there, with the same number of the file.
func TestSocketOfTheNextIsLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.sock")
	ln, err := listenSocket(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	next := path + ".next"
	if err := os.Link(path, next); err != nil {
		t.Fatal(err)
	}
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, path); err != nil {
		t.Fatal(err)
	}
	_ = ln.Close()
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the socket of the next collector: %v", err)
	}
}

// TestOnlyTheDeadAreReplaced: a socket that cannot be reached for another reason than
// that nobody listens belongs to somebody who lives.
func TestOnlyTheDeadAreReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.sock")
	other, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	before, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if ln, err := listenSocket(t.Context(), path); err == nil {
		_ = ln.Close()
		t.Error("the socket of another program was replaced")
	} else if errors.Is(err, errTaken) {
		t.Errorf("another program is taken for a collector: %v", err)
	}
	if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) {
		t.Errorf("another file is in its place: %v", err)
	}
}

// TestLongPathIsRefused: what no program could open is not made.
func TestLongPathIsRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, strings.Repeat("x", 120))
	ln, err := listenSocket(t.Context(), path)
	if err == nil {
		_ = ln.Close()
		t.Fatal("a socket was made that nobody can open")
	}
	if !strings.Contains(err.Error(), "too long") {
		t.Errorf("%v does not say why", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
