package auth

import (
	"crypto/subtle"
	"fmt"
	"log/slog"
)

// mask is what every way of printing a Secret gives.
const mask = "(secret)"

// Secret is a text that no format prints: not fmt, not encoding/json, not
// log/slog, and not reflection into a struct that holds one in an unexported
// field, since the text stands behind a pointer. Only Reveal gives it, and a
// test lists who may call that.
type Secret struct{ text *string }

// NewSecret hides a text; "" is the empty Secret.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

// Reveal returns the text. It is for the sealing in this package and the
// signing in fetch, nobody else.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Empty says that there is no text.
func (s Secret) Empty() bool { return s.text == nil }

// Equal compares two texts in a time that does not depend on where they differ.
func (s Secret) Equal(t Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(t.Reveal())) == 1
}

// String implements fmt.Stringer.
func (Secret) String() string { return mask }

// GoString implements fmt.GoStringer.
func (Secret) GoString() string { return mask }

// Format implements fmt.Formatter for every verb and flag.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(mask)) } // fmt has no way to report it

// MarshalText implements encoding.TextMarshaler.
func (Secret) MarshalText() ([]byte, error) { return []byte(mask), nil }

// MarshalJSON implements json.Marshaler.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + mask + `"`), nil }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(mask) }
