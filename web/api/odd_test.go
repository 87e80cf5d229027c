package api_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"collector/store/memory"
	"collector/web"
	"collector/web/api"
)

func quoted(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// odd are values that nobody means.
var odd = []string{
	"", " ", "0", "-1", "1", "1.5", "1e3", "+1", "0x10", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "NaN", "true", "null", "[]", "{}",
	"\x00", "a\x00b", "\xff\xfe", "\u202e", "\ufeff", "\U0001F600", "é", strings.Repeat("a", 3000), strings.Repeat("(", 200), strings.Repeat("-", 100),
	`"`, `'`, `';--`, `" OR 1=1`, "%", "%00", "_", "*", "raft*", "*raft", `{"$gt":""}`, `{"$where":"1"}`, "$where", "../../etc/passwd", "..", "/", "//", "a/", "/a", "github/", ":", "a:b:c",
	"#", "#db", "in:", "in:github", "liked:>2025-01", "liked:>", "age:<30d", "age:<-1d", "age:<99999999999999999999d", "is:removed", "is:", "(", ")", "(raft", "or", "raft or", "- -", `"raft`, "lang:go or (", "<script>", "${jndi}", "\r\nX: y",
}

// TestOddQuestionsAreAnswered: whatever is asked, the answer is one that is documented,
// and never a failure of the server.
func TestOddQuestionsAreAnswered(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		for path, methods := range w.spec.Paths {
			for method, op := range methods {
				method = strings.ToUpper(method)
				for _, who := range []string{"anna", "operator"} {
					for _, p := range op.Parameters {
						values := odd
						if op.OperationID == "sonify" && p.Name == "user" { // a sound for each, however short, is 4 seconds of it
							values = odd[:10]
						}
						for _, value := range values {
							q := url.Values{}
							for _, other := range op.Parameters {
								if other.Required && other.In == "query" {
									q.Set(other.Name, "github/anna-hub")
								}
								if other.Name == "length" { // of a sound, in seconds: a hundred are made
									q.Set(other.Name, "1")
								}
							}
							at := path
							if p.In == "path" {
								at = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(value))
							} else {
								q.Set(p.Name, value)
							}
							w.documented(op, who, method, at+"?"+q.Encode(), "")
						}
					}
					if op.RequestBody == nil {
						continue
					}
					for _, value := range odd {
						for _, body := range []string{value, `{"networks":[` + quoted(value) + `]}`, `{"user":` + quoted(value) + `,"all":true}`, `{"all":` + quoted(value) + `}`, `{` + quoted(value) + `:1}`} {
							w.documented(op, who, method, path, body)
						}
					}
				}
			}
		}
		for _, at := range []string{"/api/", "/api", "/api/none", "/api/search/", "/api/openapi.json?x=1", "/api/search?%zz", "/api/search?q=%ff", "/api/search?a;b", "/api/connectors/a%2Fb", "/api/connectors/%00", "/api/changes/first"} {
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"} {
				if a := w.ask("anna", method, at, ""); a.status >= 500 {
					t.Errorf("%s %s: %d %s", method, at, a.status, a.body)
				}
			}
		}
	})
}

// documented holds an answer to the OpenAPI document: its status is no failure, and its body is as
// described.
func (w *world) documented(op operation, who, method, at, body string) {
	w.t.Helper()
	a := w.ask(who, method, at, body)
	what := fmt.Sprintf("%s %.200q %.200q as %s", method, at, body, who)
	switch {
	case a.status == 301 || a.status == 307: // an address that is written another way
	case a.status >= 500, a.status >= 300 && a.status < 400:
		w.t.Errorf("%s: %d %s", what, a.status, a.body)
	default:
		w.fits(op, a, what)
	}
}

// FuzzQuery asks the search, and whatever carries a name, for anything.
func FuzzQuery(f *testing.F) {
	for _, v := range odd {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, value string) {
		w := newWorld(t, memory.New())
		for _, q := range []struct{ path, rest string }{
			{"/api/search", "?limit=3&q="}, {"/api/search", "?after="}, {"/api/explain", "?network="}, {"/api/networks", "?service="}, {"/api/changes", "?since="}, {"/api/status", "?user="},
		} {
			w.documented(w.spec.Paths[q.path]["get"], "anna", "GET", q.path+q.rest+url.QueryEscape(value), "")
		}
		w.documented(w.spec.Paths["/api/pause"]["post"], "anna", "POST", "/api/pause", value)
	})
}

// TestAnswersHaveTheirShape: what there is to see is as the document says, null and empty
// lists too.
func TestAnswersHaveTheirShape(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.network("anna", "bluesky", "fresh", "anna's other", 0)
		for path, q := range map[string]string{
			"/api/accounts": "", "/api/networks": "", "/api/status": "", "/api/explain": "?network=github/anna-hub", "/api/search": "?q=raft", "/api/items": "?network=github/anna-hub&id=1",
			"/api/activity": "", "/api/changes": "", "/api/export": "?format=csv", "/api/sonify": "?since=60&length=1", "/api/changes/last": "", "/api/connectors": "", "/api/connectors/{name}": "", "/api/quotas": "", "/api/config": "",
			"/api/tokens": "", "/api/feeds": "", "/api/searches": "?user=anna", "/api/facets": "?q=raft", "/api/webhooks": "", "/api/jobs": "", "/api/jobs/show": "?job=export-1&content=true", "/api/jobs/counts": "",
			"/api/queues": "", "/api/queues/peek": "?queue=likes&content=true", "/api/topics": "", "/api/workers": "", "/api/top": "", "/api/cluster": "",
		} {
			a := w.get("operator", strings.ReplaceAll(path, "{name}", "twitter")+q)
			if a.status != 200 {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
			w.fits(w.spec.Paths[path]["get"], a, path)
		}
		if m := w.spec.Components.Schemas.misfit(w.spec.Paths["/api/accounts"]["get"].Responses["200"].Content["application/json"].Schema, map[string]any{"accounts": []any{map[string]any{"user": 1.0}}}, "x"); m == "" {
			t.Error("a wrong shape passes")
		}
	})
}

// TestEverythingIsDocumented: each operation says what it does, each parameter what it
// means, each answer what it holds; and the answers have the shape that is said.
func TestEverythingIsDocumented(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		if w.spec.OpenAPI != "3.1.0" {
			t.Errorf("OpenAPI %q", w.spec.OpenAPI)
		}
		want := []string{
			"accounts", "networks", "status", "explain", "search", "items", "activity", "changes", "changes-last", "connectors", "connectors-name", "quotas", "about", "config", "export", "backup", "sonify", "sync", "pause", "resume", "accounts-remove", "accounts-import", "push-karakeep", "push-linkding", "connect", "import", "notify-test",
			"tokens", "tokens-add", "tokens-revoke", "feeds", "feeds-add", "feeds-revoke", "searches", "searches-save", "searches-remove", "facets",
			"webhooks", "webhooks-add", "webhooks-remove", "webhooks-replay", "webhooks-pause", "webhooks-resume", "webhooks-rotate", "webhooks-test",
			"export-background", "jobs", "jobs-show", "jobs-counts", "jobs-retry", "jobs-remove",
			"queues", "queues-peek", "queues-requeue", "queues-remove", "queues-pause", "queues-resume", "topics", "workers", "workers-quiet", "workers-resume", "workers-stop", "top", "cluster", "cluster-drain", "users-purge", "users-clean", "users-seen",
		}
		ids := map[string]bool{}
		for path, methods := range w.spec.Paths {
			for method, op := range methods {
				ids[op.OperationID] = true
				if op.Summary == "" || len(op.Description) < 20 {
					t.Errorf("%s %s is not described", method, path)
				}
				for _, p := range op.Parameters {
					if len(p.Description) < 10 {
						t.Errorf("%s %s: the parameter %s is not described", method, path, p.Name)
					}
				}
				good := op.Responses["200"].Content["application/json"].Schema["$ref"]
				if kinds := map[string]int{"export": 5, "backup": 1, "sonify": 1}[op.OperationID]; kinds > 0 && len(op.Responses["200"].Content) == kinds {
					good = "a file"
				}
				if good == nil {
					t.Errorf("%s %s: answers %v", method, path, op.Responses)
				}
			}
		}
		for _, id := range want {
			if !ids[id] {
				t.Errorf("there is no operation %s", id)
			}
			delete(ids, id)
		}
		if len(ids) > 0 {
			t.Errorf("not expected: %v", ids)
		}
		var raw struct {
			Components struct {
				Schemas map[string]struct {
					Properties map[string]struct {
						AnyOf []struct{ Type any }
					}
				}
			}
		}
		w.must(json.Unmarshal(w.get("operator", api.Spec).body, &raw))
		for _, name := range []string{"ErrorModel", "ErrorDetail"} {
			if _, there := raw.Components.Schemas[name]; there {
				t.Errorf("the document has %s, which nobody answers", name)
			}
		}
		for schema, members := range map[string][]string{"Network": {"quota", "progress", "removals", "error"}, "Explained": {"quota", "error"}, "Service": {"price"}} {
			for _, m := range members {
				if len(raw.Components.Schemas[schema].Properties[m].AnyOf) != 2 {
					t.Errorf("%s.%s may be null, which is not said", schema, m)
				}
			}
		}
	})
}

// TestTextsFitIntoAHead: whatever is asked within the bounds of the document, the address of
// the question is read, and not cut off with the connection; and each text has a bound.
func TestTextsFitIntoAHead(t *testing.T) {
	w := newWorld(t, memory.New())
	var raw struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name   string
				Schema struct {
					Type      any
					Pattern   string
					MaxLength int
					Enum      []string
				}
			}
		}
	}
	w.must(json.Unmarshal(w.get("operator", api.Spec).body, &raw))
	for path, methods := range raw.Paths {
		for method, op := range methods {
			head := 1 << 10 // of headers
			for _, p := range op.Parameters {
				s := p.Schema
				if kinds, several := s.Type.([]any); several {
					t.Errorf("%s %s: %s may be %v, and an address holds no null", method, path, p.Name, kinds)
				}
				if s.Type != "string" || s.Enum != nil {
					continue
				}
				if s.MaxLength == 0 {
					t.Errorf("%s %s: %s has no bound", method, path, p.Name)
				}
				if s.Pattern == "" {
					head += len("%F0%90%80%80") * s.MaxLength
				} else { // of characters that stand for themselves
					head += s.MaxLength
				}
			}
			if head > web.MaxHead {
				t.Errorf("%s %s: a head may have %d bytes, at most %d are read", method, path, head, web.MaxHead)
			}
		}
	}
}

// TestDocumentListsAll: docs/HTTP.md has every operation.
func TestDocumentListsAll(t *testing.T) {
	text, err := os.ReadFile("../../docs/HTTP.md")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, memory.New())
	for path, methods := range w.spec.Paths {
		for method := range methods {
			if !strings.Contains(string(text), "| `"+strings.ToUpper(method)+" "+path+"` |") {
				t.Errorf("docs/HTTP.md does not list %s %s", method, path)
			}
		}
	}
}
