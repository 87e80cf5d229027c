package connectortest

import (
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
