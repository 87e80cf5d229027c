// Package supysonic starts Supysonic (from PyPI), a music server that speaks the
// Subsonic API and that nobody here wrote, on 127.0.0.1 with songs of silence, and
// speaks its API as any player would: what is starred is starred by its own rules.
package supysonic

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Server is a running server with one user.
type Server struct {
	Origin   string // http://127.0.0.1:port
	User     string
	Password string

	cmd *exec.Cmd
}

// Start makes a library of so many songs in the folder data and serves it until ctx
// ends or Stop is called. script is the folder with music.py, packages that of the virtual
// environment with the server.
func Start(ctx context.Context, script, packages, data string, songs int) (*Server, error) {
	settings := fmt.Sprintf("[base]\ndatabase_uri = sqlite:///%s\n[webapp]\ncache_dir = %s\n[daemon]\nrun_watcher = no\n",
		filepath.Join(data, "supysonic.db"), data)
	if err := os.WriteFile(filepath.Join(data, "supysonic.conf"), []byte(settings), 0o600); err != nil {
		return nil, fmt.Errorf("starting Supysonic: %w", err)
	}
	s := &Server{User: "ada", Password: "sesame & more"}
	music := filepath.Join(data, "music")
	script, err := filepath.Abs(script)
	if err != nil {
		return nil, fmt.Errorf("starting Supysonic: %w", err)
	}
	for _, args := range [][]string{
		{"python", filepath.Join(script, "music.py"), music, fmt.Sprint(songs)},
		{"supysonic-cli", "user", "add", s.User, "-p", s.Password},
		{"supysonic-cli", "folder", "add", "music", music},
		{"supysonic-cli", "folder", "scan", "--foreground", "music"},
	} {
		if out, err := program(ctx, packages, data, args...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("starting Supysonic: %s: %w: %s", args[0], err, out)
		}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting Supysonic: %w", err)
	}
	_, port, _ := net.SplitHostPort(ln.Addr().String()) // an address that listens has a port
	ln.Close()
	s.Origin = "http://127.0.0.1:" + port
	s.cmd = program(ctx, packages, data, "supysonic-server", "--host", "127.0.0.1", "--port", port)
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting Supysonic: %w", err)
	}
	if err := s.answers(ctx); err != nil {
		s.Stop()
		return nil, fmt.Errorf("starting Supysonic: it does not answer: %w", err)
	}
	return s, nil
}

// answers waits until the server does.
func (s *Server) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := s.Call(ctx, "ping", nil, nil)
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return err
		}
	}
}

func program(ctx context.Context, packages, data string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(packages, "bin", args[0]), args[1:]...)
	cmd.Dir, cmd.WaitDelay = data, 5*time.Second // supysonic.conf is read from where it starts
	return cmd
}

// Stop ends it.
func (s *Server) Stop() {
	_ = s.cmd.Process.Kill() // nothing of it is needed any more
	_ = s.cmd.Wait()
}

// Call calls a method of the API and reads its answer into into, which may be nil.
func (s *Server) Call(ctx context.Context, method string, params url.Values, into any) error {
	q := url.Values{"u": {s.User}, "p": {s.Password}, "v": {"1.12.0"}, "c": {"e2e"}, "f": {"json"}}
	for name, values := range params {
		q[name] = values
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Origin+"/rest/"+method+".view?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("calling %s: %w", method, err)
	}
	defer res.Body.Close()
	var body struct {
		Answer json.RawMessage `json:"subsonic-response"`
	}
	if err := json.NewDecoder(res.Body).Decode(&body); err != nil {
		return fmt.Errorf("reading the answer to %s: %w", method, err)
	}
	var said struct {
		Status string
		Error  struct{ Message string }
	}
	if err := json.Unmarshal(body.Answer, &said); err != nil {
		return fmt.Errorf("reading the answer to %s: %w", method, err)
	}
	if said.Status != "ok" {
		return fmt.Errorf("%s failed: %s", method, said.Error.Message)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(body.Answer, into)
}

// Songs returns the ids of songs of the library.
func (s *Server) Songs(ctx context.Context, n int) ([]string, error) {
	var answer struct {
		RandomSongs struct{ Song []struct{ ID string } }
	}
	if err := s.Call(ctx, "getRandomSongs", url.Values{"size": {fmt.Sprint(n)}}, &answer); err != nil {
		return nil, err
	}
	var ids []string
	for _, song := range answer.RandomSongs.Song {
		ids = append(ids, song.ID)
	}
	return ids, nil
}

// Star and Unstar mark songs, and take the mark back.
func (s *Server) Star(ctx context.Context, ids ...string) error { return s.mark(ctx, "star", ids) }

// Unstar takes the star off songs.
func (s *Server) Unstar(ctx context.Context, ids ...string) error { return s.mark(ctx, "unstar", ids) }

func (s *Server) mark(ctx context.Context, how string, ids []string) error {
	return s.Call(ctx, how, url.Values{"id": ids}, nil)
}
