package auth

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

const (
	keyA = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	keyB = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
)

func ringOf(t *testing.T, text string) *Keyring {
	t.Helper()
	r, err := ParseKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSealedValuesAreBoundAndWhole(t *testing.T) {
	ring := ringOf(t, keyA)
	plain := []byte(`{"access":"CANARY"}`)
	id, sealed, err := ring.Seal("a1", "credential", plain)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ring.Open("a1", "credential", sealed); err != nil || !bytes.Equal(got, plain) || id != ring.IDs()[0] {
		t.Fatalf("opened %q: %v", got, err)
	}
	if bytes.Contains(sealed, []byte("CANARY")) {
		t.Error("the plain text is in the sealed value")
	}
	for i := range sealed {
		for bit := range 8 {
			bad := bytes.Clone(sealed)
			bad[i] ^= 1 << bit
			if _, err := ring.Open("a1", "credential", bad); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrWrongKey) {
				t.Fatalf("bit %d of byte %d flipped: %v", bit, i, err)
			}
		}
		if _, err := ring.Open("a1", "credential", sealed[:i]); err == nil {
			t.Fatalf("cut to %d bytes: opened", i)
		}
	}
	for _, c := range [][2]string{{"a2", "credential"}, {"a1", "keyCheck"}, {"", "credential"}, {"a1", ""}, {"a1\x00credential", ""}} {
		if _, err := ring.Open(c[0], c[1], sealed); !errors.Is(err, ErrDamaged) {
			t.Errorf("as account %q field %q: %v", c[0], c[1], err)
		}
	}
	_, again, err := ring.Seal("a1", "credential", plain)
	if err != nil || bytes.Equal(again, sealed) {
		t.Error("sealed twice gives the same bytes: the nonce is not random")
	}
}

func TestKeysInARing(t *testing.T) {
	old := ringOf(t, keyA)
	_, sealed, err := old.Seal("a1", "credential", []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ringOf(t, keyB).Open("a1", "credential", sealed); !errors.Is(err, ErrWrongKey) {
		t.Errorf("with another key: %v", err)
	}
	both := ringOf(t, keyB+"\n"+keyA)
	if _, err := both.Open("a1", "credential", sealed); err != nil {
		t.Errorf("with both: %v", err)
	}
	if id, _, err := both.Seal("a1", "credential", nil); err != nil || id != both.IDs()[0] || id == old.IDs()[0] {
		t.Error("the first key must seal")
	}
}

func TestParseKeys(t *testing.T) {
	raw := strings.TrimRight(keyB, "=")
	url := strings.NewReplacer("+", "-", "/", "_").Replace("//////////////////////////////////////////8=")
	for _, text := range []string{keyA, " " + keyA + "\n", raw, url, strings.TrimRight(url, "="), "# comment\n" + keyA, keyA + "," + keyB, keyA + "\r\n" + keyB} {
		if _, err := ParseKeys(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	for text, want := range map[string]string{
		"": "no secret key", "# only this": "no secret key", "not-base64!": "not base64", "c2hvcnQ=": "has 5 bytes, it must have 32",
		keyA + keyB: "not base64", keyA + "\nCANARY!": "not base64", strings.Repeat("A", 64): "has 48 bytes",
	} {
		_, err := ParseKeys(text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
