package api_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"collector/control"
	"collector/queue"
	queuememory "collector/queue/memory"
	"collector/store/memory"
)

// held is a handler whose answers are held to the OpenAPI document: an operation that answers
// with a status that it does not declare fails the test, whatever the test is about.
func (w *world) held(next http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		to := &noted{ResponseWriter: out}
		next.ServeHTTP(to, r)
		op, is := w.operation(r)
		moved := to.status == http.StatusMovedPermanently || to.status == http.StatusTemporaryRedirect // an address that is written another way
		if _, declared := op.Responses[strconv.Itoa(to.status)]; is && !declared && !moved && to.status != 0 {
			w.t.Errorf("%s %.200q: %d, which %s does not declare", r.Method, r.URL, to.status, op.OperationID)
		}
	})
}

// operation is what a request asks for, if it is described.
func (w *world) operation(r *http.Request) (operation, bool) {
	at := r.URL.EscapedPath()
	if name, is := strings.CutPrefix(at, "/api/connectors/"); is && name != "" && !strings.Contains(name, "/") {
		at = "/api/connectors/{name}"
	}
	op, is := w.spec.Paths[at][strings.ToLower(r.Method)]
	return op, is
}

// noted keeps the status of an answer.
type noted struct {
	http.ResponseWriter
	status int
}

func (n *noted) WriteHeader(status int) {
	if n.status < http.StatusOK { // what comes before it are informational ones
		n.status = status
	}
	n.ResponseWriter.WriteHeader(status)
}

func (n *noted) Write(p []byte) (int, error) {
	if n.status < http.StatusOK {
		n.status = http.StatusOK
	}
	return n.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (n *noted) Unwrap() http.ResponseWriter { return n.ResponseWriter }

// TestFailuresAreDeclared: each operation declares the statuses that it may answer with, as
// problems, and none that it may answer with anything, so that an answer can be held to it.
func TestFailuresAreDeclared(t *testing.T) {
	w := newWorld(t, memory.New())
	always := []string{"200", "400", "401", "408", "413", "421", "422", "429", "500", "503"}
	for path, methods := range w.spec.Paths {
		for method, op := range methods {
			for _, status := range always {
				if _, declared := op.Responses[status]; !declared {
					t.Errorf("%s %s does not declare %s", method, path, status)
				}
			}
			for status, r := range op.Responses {
				if n, err := strconv.Atoi(status); err != nil || n != 200 && n < 400 {
					t.Errorf("%s %s may answer with %q", method, path, status)
				}
				problem := r.Content["application/problem+json"].Schema["$ref"] == "#/components/schemas/Problem"
				if text := status == "431"; r.Description == "" || status != "200" && problem == text {
					t.Errorf("%s %s: %s is %+v", method, path, status, r)
				}
			}
		}
	}
	own := map[string]string{}
	for _, methods := range w.spec.Paths {
		for _, op := range methods {
			rest := slices.DeleteFunc(slices.Sorted(maps.Keys(op.Responses)), func(s string) bool { return slices.Contains(always, s) })
			own[op.OperationID] = strings.Join(rest, " ")
		}
	}
	for id, want := range map[string]string{
		"connectors": "", "connectors-name": "404", "networks": "403", "changes": "403 410", "items": "403 404 431", "pause": "403 404 415",
		"import": "403", "backup": "403", "jobs-remove": "403 404 409 415", "notify-test": "403 409",
	} {
		if own[id] != want {
			t.Errorf("%s declares %q besides, want %q", id, own[id], want)
		}
	}
}

// TestDeclaredFailuresOccur: what is declared of some operations alone is what they answer.
func TestDeclaredFailuresOccur(t *testing.T) {
	w := newWorld(t, memory.New())
	w.occupied()
	seen := map[string]bool{}
	ask := func(status int, method, at, body string, head ...string) {
		t.Helper()
		r := httptest.NewRequest(method, "/api/"+at, strings.NewReader(body))
		r.Host = "localhost"
		for _, h := range head {
			r.Header.Set("Content-Type", h)
		}
		out := httptest.NewRecorder()
		w.as["operator"].ServeHTTP(out, r)
		op, _ := w.operation(r)
		if out.Code != status {
			t.Errorf("%s %s: %d %s, want %d", op.OperationID, body, out.Code, out.Body, status)
		}
		seen[op.OperationID+" "+strconv.Itoa(status)] = true
	}
	for at, body := range missing {
		method := http.MethodGet
		if body != "" {
			method = http.MethodPost
		}
		ask(http.StatusNotFound, method, at, body)
	}
	w.panel.Beside.Cluster = nil
	ask(http.StatusNotFound, "GET", "cluster", "")
	ask(http.StatusConflict, "POST", "jobs/remove", `{"job":"runs"}`)
	ask(http.StatusConflict, "POST", "queues/remove", `{"queue":"held","message":"runs"}`)
	ask(http.StatusConflict, "POST", "notify/test", "")
	ask(http.StatusConflict, "POST", "push/karakeep", `{"url":"https://links.example","token":"t"}`)
	ask(http.StatusConflict, "POST", "push/linkding", `{"url":"https://links.example","token":"t"}`)
	if _, err := w.store.PruneChanges(t.Context(), noon.Add(1)); err != nil {
		t.Fatal(err)
	}
	ask(http.StatusGone, "GET", "changes?since=1", "")
	for path, methods := range w.spec.Paths {
		if op := methods["post"]; op.RequestBody != nil && op.RequestBody.Content["application/json"].Schema != nil {
			ask(http.StatusUnsupportedMediaType, "POST", strings.TrimPrefix(path, "/api/"), `{}`, "text/odd")
		}
	}
	for _, methods := range w.spec.Paths {
		for _, op := range methods {
			for _, status := range []string{"404", "409", "410", "415"} {
				if _, declared := op.Responses[status]; declared && !seen[op.OperationID+" "+status] {
					t.Errorf("%s declares %s, and nobody has seen it", op.OperationID, status)
				}
			}
		}
	}
}

// TestDeclaredRefusalsOccur: what is said to be refused to some is, and the rest is open to
// whoever is signed in.
func TestDeclaredRefusalsOccur(t *testing.T) {
	w := newWorld(t, memory.New())
	for path, methods := range w.spec.Paths {
		op, asks := methods["get"]
		if !asks {
			continue
		}
		q := url.Values{}
		for _, p := range op.Parameters {
			if p.Required {
				q.Set(p.Name, "github/anna-hub")
			}
		}
		q.Del("name") // it is in the path
		a := w.get("figures", strings.ReplaceAll(path, "{name}", "github")+"?"+q.Encode())
		if _, declared := op.Responses["403"]; (a.status == http.StatusForbidden) != declared {
			t.Errorf("%s without a scope: %d %s", path, a.status, a.body)
		}
	}
}

// occupied makes a job and a message that somebody has in hand, bookmark services that others
// are pushing into, and addresses of notifications that cannot be read.
func (w *world) occupied() {
	w.t.Helper()
	for name, jobs := range map[string]*queuememory.Store{"held": w.kept.jobs, "/queue/held": w.kept.messages} {
		w.kept.add(w, jobs, queue.Job{ID: "runs", Queue: name, Kind: "other"})
		_, err := jobs.Claim(w.t.Context(), queue.Claim{Queue: name, N: 1, Owner: "host-1", Now: noon, Until: noon.Add(time.Minute)})
		w.must(err)
	}
	w.panel.Beside.Push = func(context.Context, control.Pushing) (control.Pushed, error) {
		return control.Pushed{}, &control.Problem{Kind: control.Conflict, Reason: "another push is under way", Whose: "you", Next: "wait"}
	}
	w.ends.misset = &control.Problem{Kind: control.Misset, Reason: "the addresses cannot be read", Whose: "you", Next: "mend them"}
}

// missing are questions and, with a body, wishes about what is not there.
var missing = map[string]string{
	"connectors/none": "", "status?network=github/none": "", "explain?network=github/none": "", "search?saved=none": "", "items?network=github/none&id=1": "",
	"export?network=github/none": "", "jobs?queue=none": "", "jobs/show?job=none": "", "queues/peek?queue=none": "",
	"sync": `{"networks":["github/none"]}`, "pause": `{"networks":["github/none"]}`, "resume": `{"networks":["github/none"]}`,
	"accounts/remove": `{"network":"github/none"}`, "connect": `{"service":"none","token":"t"}`, "export/background": `{"network":"github/none"}`,
	"searches/save": `{"user":"none","name":"a","query":""}`, "searches/remove": `{"name":"none"}`,
	"tokens/revoke": `{"id":"g_none"}`, "feeds/revoke": `{"id":"g_none"}`,
	"webhooks/remove": `{"id":"wh_none"}`, "webhooks/replay": `{"id":"wh_none"}`, "webhooks/test": `{"id":"wh_none"}`, "webhooks/rotate": `{"id":"wh_none"}`,
	"webhooks/pause": `{"id":"wh_none"}`, "webhooks/resume": `{"id":"wh_none"}`,
	"jobs/retry": `{"job":"none"}`, "jobs/remove": `{"job":"none"}`,
	"queues/requeue": `{"queue":"none","all":true}`, "queues/remove": `{"queue":"none","all":true}`, "queues/pause": `{"queue":"none"}`, "queues/resume": `{"queue":"none"}`,
	"workers/quiet": `{"instance":"none"}`, "workers/resume": `{"instance":"none"}`, "workers/stop": `{"instance":"none"}`,
	"cluster/drain": `{"member":"none"}`, "users/purge": `{"user":"none"}`,
}
