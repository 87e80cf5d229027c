package api_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"collector/control"
	"collector/store/memory"
)

// wishToPush names a bookmark service with the token for it, which no answer and no log may hold.
const wishToPush = `{"url":"https://links.example","token":"` + pasted + `"}`

// TestPush: of his own likes, by who may change something; the token goes where it is meant to.
func TestPush(t *testing.T) {
	w := newWorld(t, memory.New())
	for _, c := range []struct{ who, body, user string }{
		{"anna", wishToPush, "anna"},
		{"operator", wishToPush, "me"},
		{"operator", strings.Replace(wishToPush, "{", `{"user":"bob",`, 1), "bob"},
	} {
		var got struct {
			control.Pushed
			Stopped any
		}
		w.ok(c.who, "POST", "/api/push/karakeep", c.body, &got)
		asked := w.ends.pushed[len(w.ends.pushed)-1]
		if got.Looked != 2 || got.Stopped != nil || asked.User != c.user || asked.To != "karakeep" || asked.PerSecond != 5 || asked.Token.Reveal() != pasted {
			t.Errorf("%s: %+v of %+v", c.who, got, asked)
		}
	}
	w.refused("anna", "POST", "/api/push/linkding", strings.Replace(wishToPush, "{", `{"user":"bob",`, 1), http.StatusForbidden, "nothing of other users")
	w.refused("reader", "POST", "/api/push/linkding", wishToPush, http.StatusForbidden, "change nothing")
	w.refused("anna", "POST", "/api/push/linkding", `{"url":"https://links.example","token":"{\"identifier\":\"a\",\"appPassword\":\"b\"}"}`, http.StatusUnprocessableEntity, "there is no token")
	w.refused("anna", "POST", "/api/push/linkding", `{"url":"https://links.example","token":"`+pasted+` 2"}`, http.StatusUnprocessableEntity, "")
	w.refused("anna", "POST", "/api/push/linkding", `{"url":"https://links.example"}`, http.StatusUnprocessableEntity, "")
	var away struct {
		First   []control.Unpushed `json:"firstRefused"`
		Stopped struct {
			Status       int
			Detail, Kind string
		}
	}
	w.ok("anna", "POST", "/api/push/linkding", `{"url":"https://away.example","token":"`+pasted+`"}`, &away) // a fault of the bookmark service is none of the request
	if away.First == nil || away.Stopped.Detail != "it is away: (secret)" || away.Stopped.Kind != "temporary" {
		t.Errorf("%+v", away)
	}
	w.panel.Simulated = true
	w.refused("operator", "POST", "/api/push/linkding", wishToPush, http.StatusForbidden, "made up")
	if strings.Contains(w.log.String(), pasted) {
		t.Error("the log holds the token")
	}
}

// TestPushesAtOnce are bounded, and each ends with whoever asked for it: what it did is answered.
func TestPushesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, memory.New())
		w.ends.wait = func(ctx context.Context) { <-ctx.Done() }
		ctx, leave := context.WithCancel(t.Context())
		ended := make(chan *httptest.ResponseRecorder)
		for range 4 {
			go func() {
				r := httptest.NewRequestWithContext(ctx, "POST", "/api/push/karakeep", strings.NewReader(wishToPush))
				r.Host = "localhost"
				out := httptest.NewRecorder()
				w.as["anna"].ServeHTTP(out, r)
				ended <- out
			}()
		}
		time.Sleep(time.Hour) // it may take as long as it takes
		synctest.Wait()
		w.refused("anna", "POST", "/api/push/karakeep", wishToPush, http.StatusTooManyRequests, "4 pushes are under way")
		leave()
		for range 4 {
			if out := <-ended; out.Code != http.StatusOK || !strings.Contains(out.Body.String(), `"looked":2`) || !strings.Contains(out.Body.String(), `"kind":"stopped"`) {
				t.Errorf("%d %s", out.Code, out.Body)
			}
		}
		w.ends.wait = nil
		w.ok("anna", "POST", "/api/push/karakeep", wishToPush, &struct{}{})
	})
}

// TestEnrol: lines are worked on as they come, for the operator alone; what was done before they
// broke off is told, and nothing of them is in a file.
func TestEnrol(t *testing.T) {
	w := newWorld(t, memory.New())
	var got struct {
		control.Enrolled
		Stopped *struct{ Detail string }
	}
	w.ok("operator", "POST", "/api/accounts/import?user=anna", "one\ntwo\n", &got)
	if got.Refused != 2 || len(got.Lines) != 2 || got.Lines[1] != (control.RefusedLine{Line: 2, Reason: "of anna"}) || got.Stopped != nil {
		t.Errorf("%+v", got)
	}
	for _, who := range []string{"anna", "watcher", "reader"} {
		w.refused(who, "POST", "/api/accounts/import", "one\n", http.StatusForbidden, "operator alone")
	}
	send := func(body io.Reader, length int64) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", "/api/accounts/import", body)
		r.Host, r.ContentLength = "localhost", length
		out := httptest.NewRecorder()
		w.as["operator"].ServeHTTP(out, r)
		return out
	}
	if out := send(strings.NewReader("one\n"), 1<<30+1); out.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("too many: %d %s", out.Code, out.Body)
	}
	broken := iotest.ErrReader(errors.New("the network is gone"))
	if out := send(io.MultiReader(strings.NewReader("one\ntwo\n"), broken), -1); out.Code != http.StatusOK || !strings.Contains(out.Body.String(), `"refused":2`) || !strings.Contains(out.Body.String(), "could not be read to its end") {
		t.Errorf("broken off: %d %s", out.Code, out.Body)
	}
	if out := send(broken, -1); out.Code != http.StatusBadRequest {
		t.Errorf("broken off at once: %d %s", out.Code, out.Body)
	}
	read, write := io.Pipe()
	ended := make(chan *httptest.ResponseRecorder)
	go func() { ended <- send(read, -1) }()
	if _, err := write.Write([]byte("one\n")); err != nil {
		t.Fatal(err)
	}
	w.refused("operator", "POST", "/api/accounts/import", "two\n", http.StatusTooManyRequests, "another import of accounts")
	w.must(write.Close())
	if out := <-ended; out.Code != http.StatusOK {
		t.Errorf("%d %s", out.Code, out.Body)
	}
	w.nothingLeft()
	w.panel.Simulated = true
	w.refused("operator", "POST", "/api/accounts/import", "one\n", http.StatusForbidden, "made up")
}

// hurried notes whether reading was to be over at once.
type hurried struct {
	*httptest.ResponseRecorder
	over bool
}

func (h *hurried) SetReadDeadline(at time.Time) error {
	h.over = h.over || !at.IsZero() && at.Before(time.Now())
	return nil
}

// TestWorkOnLinesTakesItsTime: the next lines have their time once they are waited for, and what a
// store takes for those before is no reason to refuse them.
func TestWorkOnLinesTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, memory.New())
		w.ends.line = func() { time.Sleep(time.Minute) }
		body := io.MultiReader(strings.NewReader("one\n"), strings.NewReader("two\n"))
		r := httptest.NewRequest("POST", "/api/accounts/import", body)
		r.Host = "localhost"
		out := &hurried{ResponseRecorder: httptest.NewRecorder()}
		w.as["operator"].ServeHTTP(out, r)
		if out.over || !strings.Contains(out.Body.String(), `"refused":2`) {
			t.Errorf("hurried: %v, %d %s", out.over, out.Code, out.Body)
		}
	})
}
