// Package connectortest is what every connector must pass. A connector's test
// is one call of Run and one of Fuzz; its evidence lies in testdata/:
//
//	golden.json               the query, and what must come out, written by hand
//	                          from the documented shape, never by the parser
//	backfill/page-1.http, …   one whole backfill, three pages or more (one, where
//	                          Info.Whole)
//	poll/page-1.http, …       one whole poll that begins where the backfill says
//	sweep/page-1.http, …      one whole sweep; without it the backfill is read as one
//	none/page-1.http          the list of an account that has no likes
//	quiet/page-1.http         a forward poll that finds nothing
//	identity.http             the answer to Identifier.WhoAmI
//	details.http              the answer to Hydrator.Details
//
// An .http file begins with the call, as "> GET https://…" and "> Name: value"
// lines, and holds the reply below it: status line, headers, empty line, body.
// All of it is invented, in the documented shape.
//
// The rules return what is wrong as text, so that the kit can be run over
// sabotaged connectors: a rule that nothing breaks proves nothing.
package connectortest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"collector/connectors"
)

// Run holds c to the contract of package connectors, one subtest a rule.
func Run(t *testing.T, c connectors.Connector) {
	k, err := load(c, os.DirFS("testdata"))
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	k.folder = filepath.Base(dir)
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			for _, problem := range k.problems(r, 20) {
				t.Error(problem)
			}
		})
	}
}

// rule is one demand. It calls wrong for each violation.
type rule struct {
	name  string
	check func(k *kit, wrong report)
}

type report func(format string, a ...any)

func rules() []rule {
	return []rule{
		{"info", checkInfo},
		{"request", checkRequests},
		{"cursor", checkCursors},
		{"walk", checkWalks},
		{"empty", checkEmpty},
		{"golden", checkGolden},
		{"items", checkItems},
		{"refuse", checkRefuse},
		{"knockout", checkKnockOut},
		{"links", checkLinks},
		{"pure", checkPure},
		{"fault", checkFaults},
		{"identity", checkIdentity},
		{"check", checkPresence},
		{"details", checkDetails},
		{"remap", checkRemap},
		{"money", checkMoney},
	}
}

// problems runs a rule until so many problems are known. A panic is a problem,
// not the end of the run.
func (k *kit) problems(r rule, most int) (out []string) {
	wrong := func(format string, a ...any) {
		if len(out) < most {
			out = append(out, fmt.Sprintf(format, a...))
		}
	}
	k.enough = func() bool { return len(out) >= most }
	defer func() {
		if p := recover(); p != nil {
			wrong("panic: %v", p)
		}
	}()
	r.check(k, wrong)
	return out
}

// kit is a connector and its evidence.
type kit struct {
	c      connectors.Connector
	folder string // the connector's folder; "" to leave it out
	golden golden
	walks  map[connectors.Walk][]recorded
	single map[string]recorded // none, quiet, identity, details
	enough func() bool         // the rule that runs has said all that is wanted
}

// recorded is one call and its reply.
type recorded struct {
	name    string
	call    string // "GET https://…"
	headers http.Header
	reply   connectors.Reply
}

// opened is a kit that has read golden.json and no recording.
func opened(c connectors.Connector, files fs.FS) (*kit, error) {
	k := &kit{c: c, walks: map[connectors.Walk][]recorded{}, single: map[string]recorded{}}
	text, err := fs.ReadFile(files, "golden.json")
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&k.golden); err != nil {
		return nil, fmt.Errorf("reading golden.json: %w", err)
	}
	return k, nil
}

func load(c connectors.Connector, files fs.FS) (*kit, error) {
	k, err := opened(c, files)
	if err != nil {
		return nil, err
	}
	for _, w := range []connectors.Walk{connectors.Backfill, connectors.Poll, connectors.Sweep} {
		if k.walks[w], err = pages(files, w.String()); err != nil {
			return nil, err
		}
	}
	if len(k.walks[connectors.Sweep]) == 0 {
		k.walks[connectors.Sweep] = k.walks[connectors.Backfill]
	}
	for w, list := range maps.All(k.walks) {
		if len(list) < 3 && !(len(list) == 1 && c.Info().Whole) {
			return nil, fmt.Errorf("testdata/%s has %d pages; two cannot show that a cursor goes on advancing, so it needs three", w, len(list))
		}
	}
	for name, path := range map[string]string{"none": "none/page-1.http", "quiet": "quiet/page-1.http", "identity": "identity.http", "details": "details.http"} {
		raw, err := fs.ReadFile(files, path)
		if err != nil {
			continue // who needs it says that it is missing
		}
		if k.single[name], err = read(path, raw); err != nil {
			return nil, err
		}
	}
	return k, nil
}

func pages(files fs.FS, folder string) ([]recorded, error) {
	names, err := fs.Glob(files, folder+"/page-*.http")
	if err != nil {
		return nil, err
	}
	slices.SortFunc(names, func(a, b string) int { // page-10 comes after page-9
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	var out []recorded
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		r, err := read(name, raw)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// read takes a recorded call and its reply apart.
func read(name string, raw []byte) (recorded, error) {
	r := recorded{name: name, headers: http.Header{}}
	for bytes.HasPrefix(raw, []byte("> ")) {
		line, rest, _ := bytes.Cut(raw, []byte("\n"))
		text := strings.TrimSpace(string(line[2:]))
		if r.call == "" {
			r.call = text
		} else if key, value, ok := strings.Cut(text, ": "); ok {
			r.headers.Add(key, value)
		} else {
			return recorded{}, fmt.Errorf("%s: %q is no header", name, text)
		}
		raw = bytes.TrimLeft(rest, "\n")
	}
	reply, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), nil)
	if err != nil {
		return recorded{}, fmt.Errorf("reading %s: %w", name, err)
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		return recorded{}, fmt.Errorf("reading %s: %w", name, err)
	}
	r.reply = connectors.Reply{Status: reply.StatusCode, Header: reply.Header, Body: body}
	return r, nil
}
