// Package pushtest plays bookmark services as their APIs are documented, for tests: it keeps
// what it is sent, refuses what the documents do not allow, and counts what a guest must not
// do. Nothing here was taken from those programs.
package pushtest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"unicode/utf16"
)

// Bookmark is one that a server keeps.
type Bookmark struct {
	ID, URL, Title, Text, Note, Created string
	Tags                                []string
	Archived                            bool
}

// Server is what both kinds of service have in common.
type Server struct {
	Token string // that is taken

	mu      sync.Mutex
	kept    []*Bookmark
	calls   []string // method and path of each
	Touched int      // bookmarks of a person that a guest has changed or moved
	Read    int      // pages of the web that the server was made to read
}

// Add puts a bookmark there, as a person does.
func (s *Server) Add(b Bookmark) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = append(s.kept, &b)
}

// Kept returns all bookmarks.
func (s *Server) Kept() (out []Bookmark) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.kept {
		out = append(out, *b)
	}
	return out
}

// Calls returns the calls since the last time.
func (s *Server) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.calls
	s.calls = nil
	return out
}

func (s *Server) enter(r *http.Request, scheme string) bool {
	s.calls = append(s.calls, r.Method+" "+r.URL.Path)
	return r.Header.Get("Authorization") == scheme+" "+s.Token
}

// find looks for the first bookmark whose address has the same form.
func (s *Server) find(address string, form func(string) string) *Bookmark {
	for _, b := range s.kept {
		if form(b.URL) == form(address) {
			return b
		}
	}
	return nil
}

// decode reads a body that has these fields and no other.
func decode(r *http.Request, into any) error {
	if r.Header.Get("Content-Type") != "application/json" {
		return errors.New("no JSON")
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if _, more := d.Token(); err == nil && !errors.Is(more, io.EOF) {
		return errors.New("more than one value")
	}
	return err
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // whoever asked has gone
}

func refuse(w http.ResponseWriter, status int, why string) {
	answer(w, status, map[string]string{"code": "bad", "message": why})
}

func isWeb(address string) bool {
	return strings.HasPrefix(address, "http://") || strings.HasPrefix(address, "https://")
}

func units(s string) int { return len(utf16.Encode([]rune(s))) }
