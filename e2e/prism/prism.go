// Package prism runs Prism (the npm package @stoplight/prism-cli), a server that
// knows an API from the description that its provider publishes. As a mock it
// refuses requests that the description does not allow and answers the others
// with the description's own examples; as a proxy it also refuses replies of the
// server behind it that the description does not allow. So a connector and its
// recordings are judged by what nobody here wrote.
package prism

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Server is a running Prism.
type Server struct {
	Origin string // http://127.0.0.1:port

	cmd *exec.Cmd
}

// Install makes sure that the packages are installed and returns the folder that
// holds them. script is the folder with install.sh.
func Install(ctx context.Context, script string) (string, error) {
	cmd := exec.CommandContext(ctx, "sh", filepath.Join(script, "install.sh"))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("installing Prism: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// Mock serves a description by its own examples.
func Mock(ctx context.Context, modules, description string) (*Server, error) {
	return start(ctx, modules, "mock", description)
}

// Proxy serves a description by the server behind it, an origin.
func Proxy(ctx context.Context, modules, description, behind string) (*Server, error) {
	return start(ctx, modules, "proxy", description, behind)
}

// start runs Prism until ctx ends or Stop is called.
func start(ctx context.Context, modules string, args ...string) (*Server, error) {
	port, err := freePort()
	if err != nil {
		return nil, fmt.Errorf("starting Prism: %w", err)
	}
	args = append(args, "--errors", "--host", "127.0.0.1", "--port", port)
	cmd := exec.CommandContext(ctx, filepath.Join(modules, "node_modules", ".bin", "prism"), args...)
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting Prism: %w", err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting Prism: %w", err)
	}
	said := []string{}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "Prism is listening") {
			go func() {
				for lines.Scan() { // what it says of each request is in its answers too
				}
			}()
			return &Server{Origin: "http://127.0.0.1:" + port, cmd: cmd}, nil
		}
		said = append(said, lines.Text())
	}
	err = errors.Join(lines.Err(), cmd.Wait())
	return nil, fmt.Errorf("starting Prism: it ended before it listened (%v): %s", err, strings.Join(said, "\n"))
}

// Stop ends it.
func (s *Server) Stop() {
	_ = s.cmd.Process.Kill() // it holds nothing that could be lost
	_ = s.cmd.Wait()
}

// freePort is one that nobody listens on at the moment.
func freePort() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(ln.Addr().String())
	return port, errors.Join(err, ln.Close())
}
