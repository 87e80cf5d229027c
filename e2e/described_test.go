//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"collector/connectors"
	"collector/connectors/all"
	"collector/connectors/connectortest"
	"collector/e2e/prism"
	"collector/item"
)

// described are the connectors whose provider publishes a description of its API.
var described = []struct {
	service string
	file    string
	base    string // part of the path that the description gives to the server
	media   media
	// sham: the examples have the word "string" where an address belongs, so their
	// objects are set aside.
	sham bool
	// departs is where the service is known not to keep to the description.
	departs string
	// wrapped: the description shows lists alone, and other documents of the provider
	// the object that they come in.
	wrapped bool
}{
	{service: "forem", file: "forem-openapi-v1.json", base: "/api", media: media{"application/vnd.forem.api-v1+json": "application/json"}},
	{
		service: "gist", file: "github-starring-openapi.json", media: media{"application/vnd.github+json": "application/json"},
		departs: "language must be string", // it is null for a file of no known kind
	},
	{service: "github", file: "github-starring-openapi.json", media: media{
		"application/vnd.github.star+json": "application/vnd.github.v3.star+json",
		"application/vnd.github+json":      "application/json",
	}},
	{service: "spotify", file: "spotify-openapi.yml", base: "/v1", sham: true},
	{service: "twitter", file: "x-openapi.json"},
	{service: "twitter-bookmarks", file: "x-openapi.json"},
	{service: "vimeo", file: "vimeo-openapi.yaml", wrapped: true, media: media{"application/vnd.vimeo.*+json;version=3.4": anything}},
}

// media are the names that a description has for what we accept, where they differ.
type media map[string]string

// anything stands for whatever a description names, where we accept all of it by a
// pattern.
const anything = "*/*"

// TestDescribed holds connectors to the descriptions in the folder COLLECTOR_SPECS:
// their calls are allowed, the examples can be read, and our recordings are what
// the description says.
func TestDescribed(t *testing.T) {
	folder := os.Getenv("COLLECTOR_SPECS")
	if folder == "" {
		t.Fatal("COLLECTOR_SPECS names no folder of descriptions")
	}
	modules, err := prism.Install(t.Context(), "prism")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range described {
		t.Run(d.service, func(t *testing.T) {
			c := connector(t, d.service)
			recordings, err := connectortest.Recordings(os.DirFS(filepath.Join("../connectors", d.service, "testdata")))
			if err != nil || len(recordings) < 4 {
				t.Fatalf("%d recordings: %v", len(recordings), err)
			}
			file := narrowed(t, filepath.Join(folder, d.file), d.media)
			send := func(t *testing.T, origin string, r connectortest.Recording) (int, http.Header, []byte) {
				return ask(t, origin, d.base, d.media, c.Info(), r)
			}

			t.Run("examples", func(t *testing.T) {
				mock, err := prism.Mock(t.Context(), modules, file)
				if err != nil {
					t.Fatal(err)
				}
				defer mock.Stop()
				for _, r := range recordings {
					status, header, body := send(t, mock.Origin, r)
					if status != http.StatusOK {
						t.Errorf("%s: %s %s is not what the description allows: %d %q", r.Name, r.Method, r.URL, status, violations(body))
						continue
					}
					if d.wrapped {
						body = wrap(body)
					}
					reads(t, c, d.sham, r.Name, connectors.Reply{Status: status, Header: header, Body: body})
				}
			})

			t.Run("recordings", func(t *testing.T) {
				var now connectortest.Recording
				behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					for name, values := range now.Reply.Header {
						w.Header()[name] = values
					}
					w.Header().Del("Content-Length")
					if name := d.media[now.Header.Get("Accept")]; name != "" && name != anything {
						w.Header().Set("Content-Type", name)
					}
					w.WriteHeader(now.Reply.Status)
					body := now.Reply.Body
					if d.wrapped {
						body = unwrap(body)
					}
					_, _ = w.Write(body)
				}))
				defer behind.Close()
				proxy, err := prism.Proxy(t.Context(), modules, file, behind.URL)
				if err != nil {
					t.Fatal(err)
				}
				defer proxy.Stop()
				for _, now = range recordings {
					status, _, body := send(t, proxy.Origin, now)
					wrong := slices.DeleteFunc(violations(body), func(v string) bool { return d.departs != "" && strings.HasSuffix(v, d.departs) })
					if status != now.Reply.Status && len(wrong) > 0 {
						t.Errorf("%s is not what the description says: %d %q", now.Name, status, wrong)
					}
				}
				now.Reply.Body = []byte(`"nothing that the description knows"`)
				if _, _, body := send(t, proxy.Origin, now); len(violations(body)) == 0 {
					t.Errorf("the proxy lets through what the description does not know: it proves nothing: %s", body)
				}
			})
		})
	}
}

// TestEvidenceIsTrue: what docs/SERVICES.md says of how a connector was tested is
// what the tests of this package do.
func TestEvidenceIsTrue(t *testing.T) {
	want := map[string]connectors.Evidence{
		"bluesky": connectors.RealServer, "subsonic": connectors.RealServer,
		"gist": connectors.RealReplies, "twitter-bookmarks": connectors.RealReplies, // in their providers' folders
	}
	for _, p := range providers {
		if !slices.Contains(listless, p) {
			want[p] |= connectors.RealReplies
		}
	}
	for _, d := range described {
		want[d.service] |= connectors.ProviderDescription
	}
	for _, c := range all.Connectors() {
		if in := c.Info(); in.Tested != want[in.Name] {
			t.Errorf("%s says that it was held to %b, the tests hold it to %b", in.Name, in.Tested, want[in.Name])
		}
	}
}

func connector(t *testing.T, service string) connectors.Connector {
	t.Helper()
	for _, c := range all.Connectors() {
		if c.Info().Name == service {
			return c
		}
	}
	t.Fatalf("there is no connector %q", service)
	return nil
}

// ask sends a recorded call, signed with a made-up token, to a server that knows
// its description.
func ask(t *testing.T, origin, base string, known media, in connectors.Info, r connectortest.Recording) (int, http.Header, []byte) {
	t.Helper()
	u, err := url.Parse(r.URL)
	if err != nil {
		t.Fatal(err)
	}
	address := origin + strings.TrimPrefix(u.EscapedPath(), base)
	if u.RawQuery != "" {
		address += "?" + u.RawQuery
	}
	req, err := http.NewRequestWithContext(t.Context(), r.Method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range r.Header {
		req.Header[name] = values
	}
	if name := known[req.Header.Get("Accept")]; name != "" {
		req.Header.Set("Accept", name)
	}
	if in.Auth.Header != "" {
		req.Header.Set(in.Auth.Header, in.Auth.Prefix+"made-up")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, body
}

// violations are what Prism has against a request or a reply. That a reply lacks a
// field that the description wants is none: our recordings are shortened.
func violations(body []byte) (out []string) {
	var problem struct {
		Title      string
		Validation []struct {
			Location      []string
			Code, Message string
		}
	}
	if json.Unmarshal(body, &problem) != nil || problem.Title == "" {
		return []string{string(body[:min(len(body), 300)])}
	}
	if len(problem.Validation) == 0 {
		return []string{problem.Title}
	}
	for _, v := range problem.Validation {
		if v.Code != "required" || len(v.Location) == 0 || v.Location[0] != "response" {
			out = append(out, v.Message)
		}
	}
	return out
}

// wrap puts a list into the object that Vimeo's collections come in
// (developer.vimeo.com/api/common-formats); anything else stays as it is.
func wrap(body []byte) []byte {
	if body = bytes.TrimSpace(body); !bytes.HasPrefix(body, []byte("[")) {
		return body
	}
	return fmt.Appendf(nil, `{"total":1,"page":1,"per_page":100,"paging":{"next":null},"data":%s}`, body)
}

// unwrap is the list in such an object; anything else stays as it is.
func unwrap(body []byte) []byte {
	var whole struct{ Data json.RawMessage }
	if json.Unmarshal(body, &whole) != nil || len(whole.Data) == 0 {
		return body
	}
	return whole.Data
}

// narrowed returns a copy of a description in JSON in which operations that know one
// of the media types beside plain JSON know no other: Prism holds replies to the
// first one that is named. An example of a list that is none is left out.
func narrowed(t *testing.T, file string, known media) string {
	t.Helper()
	if len(known) == 0 {
		return file
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var whole any
	if err := yaml.Unmarshal(raw, &whole); err != nil { // JSON is YAML
		t.Fatal(err)
	}
	whole = named(whole)
	var narrow func(v any)
	narrow = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, one := range v {
				narrow(one)
			}
		case map[string]any:
			for _, name := range known {
				if content, ok := v["content"].(map[string]any); ok && name != "application/json" && name != anything && content[name] != nil {
					v["content"] = map[string]any{name: content[name]}
				}
			}
			if _, list := v["example"].([]any); v["type"] == "array" && !list {
				delete(v, "example") // it and enum are of one element: Prism refuses them in its own answers
				delete(v, "enum")
			}
			for _, one := range v {
				narrow(one)
			}
		}
	}
	narrow(whole)
	if raw, err = json.Marshal(whole); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))+".json")
	if err := os.WriteFile(out, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return out
}

// named has texts as the keys of all objects: YAML allows numbers (200:), which JSON
// and Prism do not.
func named(v any) any {
	switch v := v.(type) {
	case map[any]any:
		out := map[string]any{}
		for key, one := range v {
			out[fmt.Sprint(key)] = named(one)
		}
		return out
	case map[string]any:
		for key, one := range v {
			v[key] = named(one)
		}
	case []any:
		for i, one := range v {
			v[i] = named(one)
		}
	}
	return v
}

// reads lets the connector read an example, as what the recording of that name is.
func reads(t *testing.T, c connectors.Connector, sham bool, name string, r connectors.Reply) {
	t.Helper()
	if f, ok := c.(connectors.Faulter); ok && f.Fault(r) != nil {
		t.Errorf("%s: the example is a fault: %v", name, f.Fault(r))
	}
	switch {
	case name == "identity.http":
		who, err := c.(connectors.Identifier).Identity(r)
		if err != nil || who.ID == "" {
			t.Errorf("%s: the example names nobody: %+v %v", name, who, err)
		}
	case strings.Contains(name, "/page-"):
		walk := connectors.Backfill
		if strings.HasPrefix(name, "poll/") {
			walk = connectors.Poll
		}
		page, err := c.Parse(connectors.Query{Walk: walk, PageSize: c.Info().PageSize}, r)
		if err == nil && string(bytes.TrimSpace(r.Body)) == "[]" {
			return // Forem's example is a list of nothing
		}
		if sham {
			page.Items, page.Bad = make([]item.Item, len(page.Bad)), nil
		}
		if err != nil || len(page.Bad) > 0 || len(page.Items) == 0 {
			t.Errorf("%s: the example gives %d items, %d are set aside: %v", name, len(page.Items), len(page.Bad), err)
		}
	default:
		t.Errorf("%s: no rule says what this is an example of", name)
	}
}
