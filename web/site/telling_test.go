package site

import (
	"context"
	"testing"

	"collector/control"
	"collector/grant"
	"collector/store/memory"
)

// TestWhoIsTold is the operator's to see, and to try.
func TestWhoIsTold(t *testing.T) {
	w := seeded(t, memory.New())
	w.as("").get("/settings").is(200, "!Notifications")
	var names []string
	var failed error
	var became []control.Told
	tried := 0
	w.config.Notified = func() ([]string, error) { return names, failed }
	w.config.TestNotify = func(ctx context.Context) ([]control.Told, error) {
		if _, bound := ctx.Deadline(); !bound {
			t.Error("it may take for ever")
		}
		tried++
		return became, nil
	}
	w.open()
	b := w.as("")
	b.get("/settings").is(200, "Nobody is told when an account needs you", "COLLECTOR_NOTIFY", "!Send a test")
	names = []string{"ntfy", "ntfy 2"}
	b.get("/settings").is(200, "You are told by ntfy , ntfy 2 .", "Send a test")
	if tried != 0 {
		t.Fatal("the page sends messages")
	}
	became = []control.Told{{To: "ntfy", Sent: true}, {To: "ntfy 2", Sent: true}}
	b.follow(b.post("/settings/notify", "do", "test")).is(200, "A test message was sent to ntfy and ntfy 2.")
	became[1] = control.Told{To: "ntfy 2", Reason: "it answered 403", Whose: "you", Next: "mend its address"}
	a := b.follow(b.post("/settings/notify", "do", "test")).is(200, "ntfy 2 got no message: it answered 403 (up to you). What to do: mend its address. A test message was sent to ntfy.")
	if len(a.find("div", "bad")) != 1 {
		t.Error("a failure looks like something that went well")
	}
	became = nil
	b.follow(b.post("/settings/notify", "do", "test")).is(200, "No message was sent")
	if tried != 3 {
		t.Errorf("%d tests", tried)
	}
	failed = &control.Problem{Kind: control.Unavailable, Reason: "the file is gone", Whose: "you", Next: "mend COLLECTOR_NOTIFY_FILE"}
	b.get("/settings").is(200, "Who is told could not be read: the file is gone.", "!Nobody is told", "What to do: mend COLLECTOR_NOTIFY_FILE.", "API tokens")
	failed = nil
	for who, status := range map[*browserOf]int{w.as("anna"): 403, w.as("", grant.Read, grant.Write): 403, w.stranger(): 401} {
		who.post("/settings/notify", "do", "test").is(status)
		who.get("/settings").is(map[int]int{403: 200, 401: 401}[status], "!ntfy")
	}
	w.panel.Simulated = true
	b.get("/settings").is(200, "!Notifications")
	b.post("/settings/notify", "do", "test").is(403)
	if tried != 3 {
		t.Errorf("%d tests, of which some were not to be", tried)
	}
}
