package remote

import (
	"io"
	"net/http"
	"testing"

	"collector/control"
	"collector/web"
)

// TestProgressIsTold where it is asked for, and what is no progress is passed over.
func TestProgressIsTold(t *testing.T) {
	asked := ""
	c := at(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header.Get(web.ProgressHeader)
		for _, p := range []string{`{"read":1}`, "no JSON", `{"read":20,"added":3}`} {
			w.Header().Set(web.ProgressHeader, p)
			w.WriteHeader(http.StatusProcessing)
		}
		w.Header().Del(web.ProgressHeader)
		_, _ = io.WriteString(w, `{}`)
	})
	var told []control.Progressed
	send := func(wanted bool) {
		t.Helper()
		if err := c.send(t.Context(), http.MethodPost, "import", nil, sending{told: wanted}, &struct{}{}); err != nil {
			t.Fatal(err)
		}
	}
	send(true)
	if asked != "" || len(told) != 0 {
		t.Errorf("nobody listens: asked %q, told %v", asked, told)
	}
	c.Tell(func(p control.Progressed) { told = append(told, p) })
	send(false)
	if asked != "" || len(told) != 0 {
		t.Errorf("of another question: asked %q, told %v", asked, told)
	}
	send(true)
	if asked == "" || len(told) != 2 || told[1] != (control.Progressed{Read: 20, Added: 3}) {
		t.Errorf("asked %q, told %v", asked, told)
	}
}
