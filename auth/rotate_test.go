package auth

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestRotationInterruptedAnywhere fails the n-th write of a rotation, for every
// n, then runs it again. In between everything stays readable, with the key
// file as it is and for an instance that was started before.
func TestRotationInterruptedAnywhere(t *testing.T) {
	const accounts = 5
	for fail := 1; ; fail++ {
		v, dir := newVault(), t.TempDir()
		src := KeySource{Beside: filepath.Join(dir, "collector.key")}
		ring, err := OpenKeyring(t.Context(), v, src)
		if err != nil {
			t.Fatal(err)
		}
		now := func() time.Time { return time.Unix(1e9, 0) }
		running := NewKeeper(v, ring, nil, "running", now)
		for i := range accounts {
			if err := running.Put(t.Context(), fmt.Sprint("a", i), Credential{Access: NewSecret(fmt.Sprint("token", i))}); err != nil {
				t.Fatal(err)
			}
		}
		before := ring.IDs()[0]
		readable := func(k *Keeper, when string) {
			t.Helper()
			for i := range accounts {
				c, err := k.Access(t.Context(), Who{Account: fmt.Sprint("a", i)}, nil)
				if err != nil || c.Access.Reveal() != fmt.Sprint("token", i) {
					t.Fatalf("failing write %d, %s: account %d: %v", fail, when, i, err)
				}
			}
		}
		v.failAt, v.writes = fail, 0
		_, err = RotateFile(t.Context(), v, src.Beside)
		done := err == nil
		if err != nil && !errors.Is(err, errDown) {
			t.Fatal(err)
		}
		v.failAt = 0
		readable(running, "after the interruption, running instance")
		started, err := OpenKeyring(t.Context(), v, src)
		if err != nil {
			t.Fatalf("failing write %d: starting after the interruption: %v", fail, err)
		}
		readable(NewKeeper(v, started, nil, "started", now), "after the interruption, new instance")
		if err := running.Put(t.Context(), "a0", Credential{Access: NewSecret("token0")}); err != nil {
			t.Fatal(err)
		}
		if !done {
			if _, err := RotateFile(t.Context(), v, src.Beside); err != nil {
				t.Fatalf("failing write %d: the second run: %v", fail, err)
			}
		}
		keys, err := readKeyFile(src.Beside, true)
		if err != nil || len(keys) != 1 || keys[0].id == before {
			t.Fatalf("failing write %d: %d keys at the end: %v", fail, len(keys), err)
		}
		for _, r := range v.records {
			if r.KeyID != keys[0].id {
				t.Fatalf("failing write %d: a record is still sealed with %s", fail, r.KeyID)
			}
		}
		readable(running, "at the end, running instance")
		if left, _ := filepath.Glob(filepath.Join(dir, ".collector.key-*")); len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
		if done {
			if fail < accounts+1 {
				t.Errorf("only %d writes were seen to fail", fail-1)
			}
			return
		}
	}
}

// TestSealingFollowsTheFile shows that an instance which was started before a
// rotation seals with the new key after it.
func TestSealingFollowsTheFile(t *testing.T) {
	v := newVault()
	src := KeySource{Beside: filepath.Join(t.TempDir(), "collector.key")}
	ring, err := OpenKeyring(t.Context(), v, src)
	if err != nil {
		t.Fatal(err)
	}
	k := NewKeeper(v, ring, nil, "p", nil)
	if _, err := RotateFile(t.Context(), v, src.Beside); err != nil {
		t.Fatal(err)
	}
	if err := k.Put(t.Context(), "late", Credential{Access: NewSecret("tok")}); err != nil {
		t.Fatal(err)
	}
	now, err := src.Load(false)
	if err != nil || v.records["late"].KeyID != now.IDs()[0] {
		t.Errorf("sealed with %s, the file has %v: %v", v.records["late"].KeyID, now.IDs(), err)
	}
}

func TestRotationNeedsTheOldKey(t *testing.T) {
	v := newVault()
	path := filepath.Join(t.TempDir(), "collector.key")
	if _, err := OpenKeyring(t.Context(), v, KeySource{Text: NewSecret(keyA)}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(keyB), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := RotateFile(t.Context(), v, path); !errors.Is(err, ErrWrongKey) {
		t.Errorf("got %v", err)
	}
	if _, err := OpenKeyring(t.Context(), v, KeySource{Text: NewSecret(keyA)}); err != nil {
		t.Errorf("the store was changed: %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != keyB {
		t.Errorf("the file was changed: %q %v", text, err)
	}
}
