package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"collector/auth"
	"collector/connectors"
	"collector/control"
	"collector/state"
)

// importLine is one line of an import. token is a text, or the JSON object of a
// credential.
type importLine struct {
	User    string            `json:"user"`
	Service string            `json:"service"`
	Token   json.RawMessage   `json:"token"`
	Server  string            `json:"server"`
	Name    string            `json:"name"`
	Params  map[string]string `json:"params"`
}

// longestLine of an import, in bytes.
const longestLine = 1 << 20

// parse reads a line and holds it to what its service wants.
func (im *importer) parse(text []byte) (parsed, error) {
	var l importLine
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&l); err != nil {
		return parsed{}, jsonError(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return parsed{}, errors.New("there is more on the line than one JSON object")
	}
	if l.User == "" {
		l.User = im.ask.User
	}
	conn, err := im.service(l.Service)
	if err != nil {
		return parsed{}, err
	}
	in := conn.Info()
	if err := control.CheckWho(l.User, l.Name); err != nil {
		return parsed{}, err
	}
	if err := control.CheckParams(in, l.Params); err != nil {
		return parsed{}, err
	}
	if l.Server, err = control.ServerOf(in, l.Server, im.conf.AllowPrivate); err != nil {
		return parsed{}, err
	}
	token := strings.TrimSpace(string(l.Token))
	var s string
	switch {
	case token == "" || token == "null":
		return parsed{}, errors.New("there is no token")
	case json.Unmarshal(l.Token, &s) == nil:
		token = s
	case !strings.HasPrefix(token, "{"):
		return parsed{}, errors.New("the token is neither a text nor a JSON object")
	}
	cred, err := auth.ParseCredential(token)
	return parsed{wish: control.Wanted{User: l.User, Server: l.Server, Name: l.Name, Params: l.Params}, cred: cred, info: in}, err
}

// jsonError words a mistake in a line without repeating what stands in it, which
// may be a token.
func jsonError(err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) && kind.Field == "" {
		return fmt.Errorf("this is a JSON %s and must be an object", kind.Value)
	}
	if errors.As(err, &kind) {
		return fmt.Errorf("%q is a JSON %s and must be a %s", kind.Field, kind.Value, kind.Type)
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("this is no JSON object: a mistake at character %d", syntax.Offset)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("this is no JSON object: it ends too early")
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: ")) // unknown fields by name
}

var errLongLine = errors.New("the line is longer than 1 MB")

// readLine returns the next line, io.EOF after the last. A line that is too long
// is read to its end and reported.
func readLine(r *bufio.Reader) ([]byte, error) {
	var out []byte
	long := false
	for {
		part, err := r.ReadSlice('\n')
		if !long {
			out = append(out, part...)
		}
		if len(out) > longestLine {
			long, out = true, nil
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(out) == 0 && !long:
			return nil, io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err
		case long:
			return nil, errLongLine
		}
		return out, nil
	}
}

// parsed is one good line, and what became of it.
type parsed struct {
	number int
	wish   control.Wanted
	cred   auth.Credential
	info   connectors.Info

	twin    *state.Account // holds the same sign-in already; nil for most
	account state.Account
	network state.Network
	again   bool
	err     error
}

// nameAt tells accounts apart.
type nameAt struct{ user, provider, server, name string }

func (p parsed) key() nameAt {
	return nameAt{p.wish.User, p.info.Provider, p.wish.Server, p.wish.Name}
}
