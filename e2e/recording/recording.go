// Package recording reads what other projects recorded of real services: each
// tool writes request and reply in a form of its own, and the end-to-end run
// needs them in one. A recording is data of others: it is read where it lies and
// never becomes part of this repository.
//
// The form is told by the contents, not by the name: VCR as YAML (vcrpy) and as
// JSON (VCR for Ruby, Betamax), nock fixtures, PyGithub's text, WireMock
// mappings, plain lists of {request, response}, replies with or without their call in
// one object, and bodies without anything around them.
package recording

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Exchange is one recorded call and its answer. Header holds the reply's
// headers as recorded, without those that described the bytes on the wire
// (length, transfer and content encoding, connection): Body is unpacked.
type Exchange struct {
	File   string // name inside the folder
	Number int    // place in its file, from 0
	Method string // "" where only the body was kept
	URL    string // as recorded; "" where only the body was kept
	Sent   []byte // the request's body
	Status int    // 200 where only the body was kept
	Header http.Header
	Body   []byte
}

// Name says which exchange it is: file and number.
func (e Exchange) Name() string { return fmt.Sprintf("%s#%d", e.File, e.Number) }

// BodyOnly reports that the recording has no call and no headers.
func (e Exchange) BodyOnly() bool { return e.URL == "" }

// Path returns the path and query of the recorded call, "" where none is known.
func (e Exchange) Path() string {
	u, err := url.Parse(e.URL)
	if err != nil || e.BodyOnly() {
		return ""
	}
	return u.RequestURI()
}

// Origin returns scheme and host of the recorded call, "" where none is known.
func (e Exchange) Origin() string {
	u, err := url.Parse(e.URL)
	if err != nil || u.Host == "" {
		return ""
	}
	host := u.Host
	if u.Scheme == "https" {
		host = strings.TrimSuffix(host, ":443")
	}
	return u.Scheme + "://" + host
}

// File is one recording.
type File struct {
	Name      string
	Form      string // "vcr yaml", "body", …
	Exchanges []Exchange
	Problem   error // it could not be read as any known form
}

// errOther says that a reader's form is not the file's.
var errOther = errors.New("another form")

// forms are the readers, the most particular first: a file belongs to the first
// that does not answer errOther.
func forms() []form {
	return []form{
		{"vcr yaml", vcrYAML},
		{"vcr json", vcrJSON},
		{"nock", nock},
		{"list", list},
		{"flat", flat},
		{"wiremock", wiremock},
		{"pygithub", pygithub},
		{"body", bodyOnly},
	}
}

type form struct {
	name string
	read func(data []byte) ([]Exchange, error)
}

// ReadFolder reads all files of one folder, in the order of their names. A file
// in no known form comes back with its Problem; only a folder that cannot be
// read is an error.
func ReadFolder(fsys fs.FS, folder string) ([]File, error) {
	entries, err := fs.ReadDir(fsys, folder)
	if err != nil {
		return nil, fmt.Errorf("reading the recordings of %s: %w", folder, err)
	}
	var out []File
	for _, entry := range entries {
		if entry.IsDir() {
			continue
		}
		data, err := fs.ReadFile(fsys, path.Join(folder, entry.Name()))
		if err != nil {
			return nil, fmt.Errorf("reading a recording: %w", err)
		}
		out = append(out, Read(entry.Name(), data))
	}
	slices.SortFunc(out, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}

// Read reads one recording.
func Read(name string, data []byte) File {
	for _, f := range forms() {
		exchanges, err := f.read(data)
		if errors.Is(err, errOther) {
			continue
		}
		if err != nil {
			return File{Name: name, Form: f.name, Problem: fmt.Errorf("reading %s as %s: %w", name, f.name, err)}
		}
		for i := range exchanges {
			e := &exchanges[i]
			e.File, e.Number, e.Method = name, i, strings.ToUpper(e.Method)
			if err := unpack(e); err != nil {
				return File{Name: name, Form: f.name, Problem: fmt.Errorf("%s: %w", e.Name(), err)}
			}
		}
		return File{Name: name, Form: f.name, Exchanges: exchanges}
	}
	return File{Name: name, Problem: fmt.Errorf("%s is in no form of recording known here", name)}
}

// wireHeaders describe bytes that a recording no longer holds.
var wireHeaders = []string{"Content-Length", "Transfer-Encoding", "Content-Encoding", "Connection", "Keep-Alive"}

// unpack undoes a recorded gzip and drops the headers of the wire.
func unpack(e *Exchange) error {
	if e.Header == nil {
		e.Header = http.Header{}
	}
	if bytes.HasPrefix(e.Body, []byte{0x1f, 0x8b}) {
		r, err := gzip.NewReader(bytes.NewReader(e.Body))
		if err != nil {
			return fmt.Errorf("unpacking the body: %w", err)
		}
		if e.Body, err = io.ReadAll(r); err != nil {
			return fmt.Errorf("unpacking the body: %w", err)
		}
	}
	for _, name := range wireHeaders {
		e.Header.Del(name)
	}
	return nil
}

// bodyOnly takes any JSON, and any document of XML that says what it is, as the body
// of a reply.
func bodyOnly(data []byte) ([]Exchange, error) {
	kind := "application/json; charset=utf-8"
	if bytes.HasPrefix(data, []byte("<?xml ")) {
		kind = "text/xml; charset=utf-8"
	} else if !json.Valid(data) {
		return nil, errOther
	}
	return []Exchange{{Status: http.StatusOK, Header: http.Header{"Content-Type": {kind}}, Body: data}}, nil
}

// text returns a recorded JSON body as the bytes that were sent: a JSON string
// stands for its own text, everything else for itself.
func text(raw json.RawMessage) []byte {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return []byte(s)
	}
	return raw
}

// headers makes a Header of a map whose values are strings, numbers or lists of
// strings.
func headers(raw map[string]json.RawMessage) (http.Header, error) {
	h := http.Header{}
	for name, value := range raw {
		var one string
		var number json.Number
		var many []string
		if json.Unmarshal(value, &one) == nil {
			many = []string{one}
		} else if json.Unmarshal(value, &number) == nil {
			many = []string{number.String()}
		} else if err := json.Unmarshal(value, &many); err != nil {
			return nil, fmt.Errorf("header %s: %w", name, err)
		}
		for _, v := range many {
			h.Add(name, v)
		}
	}
	return h, nil
}
