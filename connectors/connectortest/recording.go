package connectortest

import (
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"collector/connectors"
)

// Recording is one recorded call of a connector with its reply.
type Recording struct {
	Name        string // of the file: "backfill/page-1.http"
	Method, URL string
	Header      http.Header // of the call, as far as recorded
	Reply       connectors.Reply
}

// Recordings reads all recordings of a connector's testdata, for who wants to hold
// them to something else than the connector.
func Recordings(files fs.FS) ([]Recording, error) {
	var out []Recording
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".http") {
			return err
		}
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		r, err := read(name, raw)
		if err != nil {
			return err
		}
		method, url, _ := strings.Cut(r.call, " ")
		out = append(out, Recording{name, method, url, r.headers, r.reply})
		return nil
	})
	return out, err
}

// Query is the query of the recordings of a folder, where a backfill begins.
func Query(files fs.FS) (connectors.Query, error) {
	k, err := opened(nil, files)
	if err != nil {
		return connectors.Query{}, err
	}
	return k.query(connectors.Backfill, "", ""), nil
}

// Backfill walks through the recorded backfill of a folder, however short it is, and
// returns its pages. Each call that c makes must be the recorded one.
func Backfill(c connectors.Connector, files fs.FS) ([]connectors.Page, error) {
	k, err := opened(c, files)
	if err != nil {
		return nil, err
	}
	if k.walks[connectors.Backfill], err = pages(files, connectors.Backfill.String()); err != nil {
		return nil, err
	}
	steps, err := k.steps(connectors.Backfill)
	if err != nil {
		return nil, fmt.Errorf("page %d: %w", len(steps)+1, err)
	}
	var out []connectors.Page
	for _, s := range steps {
		if got := call(s.request); got != s.call {
			return nil, fmt.Errorf("%s: the call is %s, recorded is %s", s.name, got, s.call)
		}
		out = append(out, s.page)
	}
	return out, nil
}
