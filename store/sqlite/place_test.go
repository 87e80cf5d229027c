package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"collector/store"
)

// TestPlace: a file gets its name once it was written, takes the place of nothing that it may
// not, and of two that are written to one name the second is refused.
func TestPlace(t *testing.T) {
	folder := t.TempDir()
	name := filepath.Join(folder, "b")
	say := func(text string) func(*os.File) error {
		return func(f *os.File) error {
			if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) && text == "one" {
				t.Error("it has its name before it is written")
			}
			_, err := f.WriteString(text)
			return err
		}
	}
	broken := errors.New("broken off")
	if err := Place(name, false, func(*os.File) error { return broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	if list, err := os.ReadDir(folder); err != nil || len(list) > 0 {
		t.Errorf("left behind: %v %v", list, err)
	}
	if err := Place(name, false, say("one")); err != nil {
		t.Fatal(err)
	}
	if err := Place(name, false, say("two")); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
	err := Place(name, true, func(*os.File) error {
		if err := Place(name, true, say("two")); !errors.Is(err, store.ErrBusy) {
			t.Errorf("beside another: %v", err)
		}
		return broken
	})
	if text, _ := os.ReadFile(name); !errors.Is(err, broken) || string(text) != "one" {
		t.Errorf("%s, %v", text, err)
	}
	if err := os.Mkdir(ownersDir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Place(name, true, say("two")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a store in use: %v", err)
	}
	if err := Place(filepath.Join(folder, "no", "b"), true, say("two")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if list, err := os.ReadDir(folder); err != nil || len(list) != 2 {
		t.Errorf("left behind: %v %v", list, err)
	}
}
