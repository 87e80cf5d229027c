package fetch

import (
	"net/http"
	"testing"

	"collector/connectors"
	"collector/fault"
)

// TestAPageWhateverItsStatus: a reply that the connector calls a page comes back with
// its status and body; the same reply of another call is a fault.
func TestAPageWhateverItsStatus(t *testing.T) {
	b := newBench(t, Config{Transport: wire(func(*http.Request) (*http.Response, error) { return answer(404, `{"error_code":7}`), nil })})
	b.store(t, "a1", canary)
	call := star("/x")
	if _, err := b.Do(t.Context(), call); fault.KindOf(err) != fault.Gone {
		t.Errorf("a 404 is %v", err)
	}
	call.Fault = func(connectors.Reply) error { return connectors.ErrPage }
	if r, err := b.Do(t.Context(), call); err != nil || r.Status != 404 || string(r.Body) != `{"error_code":7}` {
		t.Errorf("%d %q, %v", r.Status, r.Body, err)
	}
}
