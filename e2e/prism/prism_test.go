package prism

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fake installs a Prism of a few lines of shell.
func fake(t *testing.T, script string) string {
	t.Helper()
	modules := t.TempDir()
	bin := filepath.Join(modules, "node_modules", ".bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "prism"), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return modules
}

func TestStartWaitsUntilItListens(t *testing.T) {
	s, err := Mock(t.Context(), fake(t, `echo "GET /user"; echo "Prism is listening on $*"; exec sleep 60`), "api.json")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	if !strings.HasPrefix(s.Origin, "http://127.0.0.1:") {
		t.Errorf("it listens at %q", s.Origin)
	}
}

func TestStartSaysWhyItDidNotListen(t *testing.T) {
	_, err := Proxy(t.Context(), fake(t, `echo "no such file: $2" >&2; exit 3`), "api.json", "http://127.0.0.1:1")
	if err == nil || !strings.Contains(err.Error(), "no such file: api.json") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("%v", err)
	}
}
