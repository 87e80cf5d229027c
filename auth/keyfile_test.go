package auth

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

func TestKeySourcesInTheirOrder(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	third := "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8="
	src := KeySource{
		Text: NewSecret(keyA), File: write("given", keyB, 0o600),
		Credentials: filepath.Dir(write("creds/collector.key", third, 0o440)), Beside: filepath.Join(dir, "collector.key"),
	}
	want := func(text string) {
		t.Helper()
		ring, err := src.Load(true)
		if err != nil {
			t.Fatal(err)
		}
		if got := ring.IDs()[0]; got != ringOf(t, text).IDs()[0] {
			t.Errorf("took key %s", got)
		}
	}
	want(keyA)
	src.Text = Secret{}
	want(keyB)
	src.File = ""
	want(third)
	src.Credentials = t.TempDir() // a folder without our key
	if _, err := src.Load(false); !errors.Is(err, ErrNoKey) {
		t.Errorf("made although it may not: %v", err)
	}
	ring, err := src.Load(true)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(src.Beside); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the made file: %v %v", info, err)
	}
	again, err := src.Load(false)
	if err != nil || again.IDs()[0] != ring.IDs()[0] {
		t.Errorf("read back: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".collector.key-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	src.Beside = ""
	if _, err := src.Load(true); !errors.Is(err, ErrNoKey) {
		t.Errorf("a store without a place for a key file: %v", err)
	}
}

func TestProcessesThatStartTogetherMakeOneKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "collector.key")
	ids := make([]string, 16)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			ring, err := KeySource{Beside: path}.Load(true)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = ring.IDs()[0]
		})
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("different keys: %v", ids)
		}
	}
}

func TestWrongAndMissingKeysChangeNothing(t *testing.T) {
	v, dir := newVault(), t.TempDir()
	src := KeySource{Beside: filepath.Join(dir, "collector.key")}
	ring, err := OpenKeyring(t.Context(), v, src)
	if err != nil {
		t.Fatal(err)
	}
	k := NewKeeper(v, ring, nil, "p", nil)
	if err := k.Put(t.Context(), "a1", Credential{Access: NewSecret("CANARY")}); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKeyring(t.Context(), v, src); err != nil {
		t.Errorf("opened again: %v", err)
	}
	writes := v.writes
	if _, err := OpenKeyring(t.Context(), v, KeySource{Text: NewSecret(keyA)}); !errors.Is(err, ErrWrongKey) {
		t.Errorf("another key: %v", err)
	}
	if err := os.Rename(src.Beside, src.Beside+".away"); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKeyring(t.Context(), v, src); !errors.Is(err, ErrWrongKey) || !errors.Is(err, ErrNoKey) {
		t.Errorf("missing key: %v", err)
	}
	if _, err := os.Stat(src.Beside); !os.IsNotExist(err) {
		t.Error("a new key was made for a sealed store")
	}
	delete(v.meta, metaKeyCheck) // even without the check value
	if _, err := OpenKeyring(t.Context(), v, KeySource{Text: NewSecret(keyA)}); !errors.Is(err, ErrWrongKey) {
		t.Errorf("another key, no check value: %v", err)
	}
	if v.writes != writes {
		t.Errorf("%d writes with a wrong key", v.writes-writes)
	}
	v.meta[metaKeyCheck] = "AAAA"
	if _, err := OpenKeyring(t.Context(), v, KeySource{Text: NewSecret(keyA)}); err == nil {
		t.Error("a damaged check value was taken")
	}
}
