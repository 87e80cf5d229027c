package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Credential is what an account signs in with. Which fields are set depends on
// the provider: GitHub and Mastodon need Access, Bluesky Identifier and
// AppPassword, an app with expiring tokens Access, Refresh and its client.
type Credential struct {
	Access, Refresh        Secret
	ExpiresAt              time.Time // of Access; zero: unknown, or it does not expire
	IssuedAt               time.Time // of Access; zero for one that was pasted in
	ClientID, ClientSecret Secret
	Identifier             Secret // the handle or address of a person who signs in with a password
	AppPassword            Secret
	Scopes                 []string // what Access may do, where the answer that gave it said so; neither stored nor given
}

// wire is the JSON form: what users give and, sealed, what the store keeps.
type wire struct {
	Access       string     `json:"access,omitempty"`
	Refresh      string     `json:"refresh,omitempty"`
	ExpiresAt    *time.Time `json:"expiresAt,omitempty"`
	ClientID     string     `json:"clientId,omitempty"`
	ClientSecret string     `json:"clientSecret,omitempty"`
	Identifier   string     `json:"identifier,omitempty"`
	AppPassword  string     `json:"appPassword,omitempty"`
}

// sealedWire adds what only the store keeps.
type sealedWire struct {
	wire
	IssuedAt time.Time `json:"issuedAt,omitzero"`
}

// Field returns a field by the name it has in JSON and in connectors.Secret;
// false for a name that is none. The field may be empty.
func (c Credential) Field(name string) (Secret, bool) {
	switch name {
	case "access":
		return c.Access, true
	case "refresh":
		return c.Refresh, true
	case "clientId":
		return c.ClientID, true
	case "clientSecret":
		return c.ClientSecret, true
	case "identifier":
		return c.Identifier, true
	case "appPassword":
		return c.AppPassword, true
	}
	return Secret{}, false
}

// secrets returns the texts that no output may hold. The client's id and the
// identifier are names, not secrets.
func (c Credential) secrets() []Secret {
	return slices.DeleteFunc([]Secret{c.Access, c.Refresh, c.ClientSecret, c.AppPassword}, Secret.Empty)
}

// Empty says that nothing in it could sign in.
func (c Credential) Empty() bool {
	return c.Access.Empty() && c.Refresh.Empty() && (c.Identifier.Empty() || c.AppPassword.Empty())
}

// maxCredential is more than any provider's tokens, in bytes: what is longer is
// a file given by mistake.
const maxCredential = 16 << 10

// ParseCredential reads what a user gives: a bare token, or the JSON object
// {"access","refresh","expiresAt","clientId","clientSecret","identifier",
// "appPassword"} with expiresAt in RFC 3339. White space around it is dropped.
// Errors name the reason and the form to write, never the text.
func ParseCredential(text string) (Credential, error) {
	text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	switch {
	case text == "":
		return Credential{}, errors.New("the credential is empty: give a token, or a JSON object with \"access\"")
	case len(text) > maxCredential:
		return Credential{}, fmt.Errorf("the credential has %d bytes, more than any token: is it another file?", len(text))
	case text[0] == '{':
		return parseObject(text)
	case text[0] == '[' || text[0] == '"':
		return Credential{}, errors.New("the credential is JSON but no object: write {\"access\": \"…\"}, or the bare token without quotation marks")
	}
	if err := checkToken("the credential", text); err != nil {
		return Credential{}, err
	}
	return Credential{Access: NewSecret(text)}, nil
}

func parseObject(text string) (Credential, error) {
	var w wire
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&w); err != nil {
		return Credential{}, objectError(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Credential{}, errors.New("the credential has text after the JSON object")
	}
	w.trim()
	c := w.credential()
	for _, f := range []struct{ name, text string }{
		{"access", w.Access},
		{"refresh", w.Refresh},
		{"clientId", w.ClientID},
		{"clientSecret", w.ClientSecret},
		{"identifier", w.Identifier},
	} {
		if f.text == "" {
			continue
		}
		if err := checkToken("\""+f.name+"\" of the credential", f.text); err != nil {
			return Credential{}, err
		}
	}
	if c.Empty() {
		return Credential{}, errors.New("the credential has nothing to sign in with: it needs \"access\", or \"refresh\", or \"identifier\" and \"appPassword\"")
	}
	return c, nil
}

// objectError words a decoding error without any value of the object.
func objectError(err error) error {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &kind):
		field := kind.Field[strings.LastIndexByte(kind.Field, '.')+1:]
		return fmt.Errorf("%q of the credential is a JSON %s and must be a string", field, strings.Fields(kind.Value)[0])
	case errors.As(err, &syntax), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the credential begins like a JSON object and is none: check its quotation marks, commas and braces")
	case strings.Contains(err.Error(), "unknown field"):
		name := strings.TrimPrefix(err.Error(), "json: unknown field ")
		return fmt.Errorf("the credential has a key that nobody reads, %s: known are access, refresh, expiresAt, clientId, clientSecret, identifier, appPassword", cut(name, 40))
	}
	return errors.New("\"expiresAt\" of the credential must be a time such as \"2026-11-22T15:04:05Z\"")
}

// checkToken refuses what cannot be a token, so that a mistake is told here and
// not by the service's 401.
func checkToken(what, text string) error {
	lower := strings.ToLower(text)
	switch {
	case strings.HasPrefix(lower, "<!doctype"), strings.HasPrefix(lower, "<html"), strings.HasPrefix(text, "<"):
		return fmt.Errorf("%s looks like a web page: copy the token itself", what)
	case strings.HasPrefix(lower, "http://"), strings.HasPrefix(lower, "https://"):
		return fmt.Errorf("%s looks like an address: copy the token that the page behind it shows", what)
	case strings.HasPrefix(text, "/") && !strings.ContainsAny(text, "+="), strings.HasPrefix(text, "~/"), strings.HasPrefix(text, "./"):
		return fmt.Errorf("%s looks like the path of a file: give what the file holds, with --token-stdin < FILE", what)
	case strings.HasPrefix(lower, "bearer "), strings.HasPrefix(lower, "token "):
		return fmt.Errorf("%s begins with the word %q: give only what follows it", what, text[:strings.IndexByte(text, ' ')])
	}
	for _, r := range text {
		if unicode.IsSpace(r) {
			return fmt.Errorf("%s has a space or line break in the middle: a token has none", what)
		}
		if unicode.IsControl(r) || r == unicode.ReplacementChar || r > unicode.MaxLatin1 {
			return fmt.Errorf("%s has a character that no token has: was it copied from a formatted text?", what)
		}
	}
	return nil
}

func (w *wire) trim() {
	for _, s := range []*string{&w.Access, &w.Refresh, &w.ClientID, &w.ClientSecret, &w.Identifier, &w.AppPassword} {
		*s = strings.TrimSpace(*s)
	}
}

func (w wire) credential() Credential {
	c := Credential{
		Access: NewSecret(w.Access), Refresh: NewSecret(w.Refresh),
		ClientID: NewSecret(w.ClientID), ClientSecret: NewSecret(w.ClientSecret),
		Identifier: NewSecret(w.Identifier), AppPassword: NewSecret(w.AppPassword),
	}
	if w.ExpiresAt != nil {
		c.ExpiresAt = w.ExpiresAt.UTC()
	}
	return c
}

// plain is what gets sealed.
func (c Credential) plain() ([]byte, error) {
	w := sealedWire{IssuedAt: c.IssuedAt, wire: wire{
		Access: c.Access.Reveal(), Refresh: c.Refresh.Reveal(),
		ClientID: c.ClientID.Reveal(), ClientSecret: c.ClientSecret.Reveal(),
		Identifier: c.Identifier.Reveal(), AppPassword: c.AppPassword.Reveal(),
	}}
	if !c.ExpiresAt.IsZero() {
		at := c.ExpiresAt.UTC()
		w.ExpiresAt = &at
	}
	return json.Marshal(w)
}

// Written is the credential as ParseCredential reads it, for another collector that is to
// keep it.
func (c Credential) Written() (Secret, error) {
	c.IssuedAt = time.Time{}
	text, err := c.plain()
	return NewSecret(string(text)), err
}

// fromPlain reads what was sealed; keys of a later version are ignored.
func fromPlain(plain []byte) (Credential, error) {
	var w sealedWire
	if err := json.NewDecoder(bytes.NewReader(plain)).Decode(&w); err != nil {
		return Credential{}, errors.New("the sealed credential is not what this program writes")
	}
	c := w.wire.credential()
	c.IssuedAt = w.IssuedAt
	return c, nil
}

func cut(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "") + "…"
	}
	return s
}
