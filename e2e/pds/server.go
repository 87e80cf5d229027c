// Package pds starts a real Bluesky personal data server (the npm package
// @atproto/pds with the PLC directory @did-plc/server) on 127.0.0.1 and speaks
// its API as any client would: accounts, posts and likes are made by the server's
// own rules, so what a collector reads from it was invented by nobody here.
package pds

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Server is a running server.
type Server struct {
	Origin string // http://127.0.0.1:port
	PLC    string // the directory of identities, likewise
	PID    int

	secret string // signs the session tokens
	cmd    *exec.Cmd
	stdin  io.Closer
}

// Install makes sure that the server's packages are installed and returns the
// folder that holds them. script is the folder with install.sh. The first time on
// a machine takes minutes, later ones less than a second.
func Install(ctx context.Context, script string) (string, error) {
	cmd := exec.CommandContext(ctx, "sh", filepath.Join(script, "install.sh"))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("installing the Bluesky server: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// Start starts the server that lives in the folder script (server.mjs), with the
// packages of the folder modules and its data in the folder data. secret signs
// its session tokens. The server ends with Stop, with ctx, and with this process.
func Start(ctx context.Context, script, modules, data, secret string) (*Server, error) {
	cmd := exec.CommandContext(ctx, "node", filepath.Join(script, "server.mjs"), data)
	cmd.Env = append(os.Environ(), "PDS_MODULES="+modules, "PDS_JWT_SECRET="+secret)
	cmd.Stderr = os.Stderr
	cmd.WaitDelay = 5 * time.Second
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the Bluesky server: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the Bluesky server: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the Bluesky server: %w", err)
	}
	s := &Server{PID: cmd.Process.Pid, secret: secret, cmd: cmd, stdin: stdin}
	lines := bufio.NewScanner(stdout)
	var at struct{ PDS, PLC string }
	for lines.Scan() {
		if json.Unmarshal(lines.Bytes(), &at) == nil && at.PDS != "" {
			s.Origin, s.PLC = at.PDS, at.PLC
			go drain(stdout)
			return s, nil
		}
	}
	return nil, fmt.Errorf("starting the Bluesky server: it ended before it answered: %w", errors.Join(lines.Err(), s.Stop()))
}

// drain keeps a chatty server from blocking on a full pipe.
func drain(r io.Reader) { _, _ = io.Copy(io.Discard, r) }

// Stop ends the server and waits until it has ended.
func (s *Server) Stop() error {
	if err := s.stdin.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("stopping the Bluesky server: %w", err)
	}
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("stopping the Bluesky server: %w", err)
	}
	return nil
}
