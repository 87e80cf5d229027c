//go:build unix

package auth

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadableKeyFilesAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(keyA), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []os.FileMode{0o604, 0o640, 0o660, 0o644, 0o620, 0o601} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := KeySource{File: path}.Load(false)
		if err == nil || !strings.Contains(err.Error(), "chmod 600 "+path) {
			t.Errorf("mode %#o: %v", mode, err)
		}
	}
	for _, mode := range []os.FileMode{0o600, 0o400} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := (KeySource{File: path}).Load(false); err != nil {
			t.Errorf("mode %#o: %v", mode, err)
		}
	}
}
