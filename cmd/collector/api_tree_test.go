package main

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// operations are those of the API that do what a command does, by command.
var operations = map[string]string{
	"accounts import": "POST accounts/import", "accounts list": "GET accounts", "accounts pause": "POST pause", "accounts remove": "POST accounts/remove", "accounts resume": "POST resume",
	"backup": "POST backup", "changes": "GET changes", "changes --last": "GET changes/last",
	"cluster leader": "GET cluster", "cluster members": "GET cluster", "cluster status": "GET cluster",
	"config show": "GET config", "connect": "POST connect", "connectors": "GET connectors", "drain": "POST cluster/drain", "explain": "GET explain",
	"export": "GET export", "export --background": "POST export/background", "import": "POST import",
	"jobs counts": "GET jobs/counts", "jobs list": "GET jobs", "jobs remove": "POST jobs/remove", "jobs retry": "POST jobs/retry", "jobs show": "GET jobs/show",
	"notify test":   "POST notify/test",
	"push karakeep": "POST push/karakeep", "push linkding": "POST push/linkding",
	"queue list": "GET queues", "queue pause": "POST queues/pause", "queue peek": "GET queues/peek", "queue remove": "POST queues/remove",
	"queue requeue": "POST queues/requeue", "queue resume": "POST queues/resume",
	"search": "GET search", "searches list": "GET searches", "searches remove": "POST searches/remove", "searches save": "POST searches/save",
	"sonify": "GET sonify", "status": "GET status", "sync": "POST sync",
	"tokens add": "POST tokens/add", "tokens list": "GET tokens", "tokens revoke": "POST tokens/revoke", "top": "GET top", "topics": "GET topics",
	"users clean": "POST users/clean", "users purge": "POST users/purge", "users seen": "POST users/seen",
	"webhooks add": "POST webhooks/add", "webhooks list": "GET webhooks", "webhooks pause": "POST webhooks/pause", "webhooks remove": "POST webhooks/remove",
	"webhooks replay": "POST webhooks/replay", "webhooks resume": "POST webhooks/resume", "webhooks rotate": "POST webhooks/rotate", "webhooks test": "POST webhooks/test",
	"workers": "GET workers", "workers quiet": "POST workers/quiet", "workers resume": "POST workers/resume", "workers stop": "POST workers/stop",
}

// TestEveryCommandIsAnOperation of the API, or stays here for a reason, which docs/HTTP.md tells:
// a new command is put into one of the lists.
func TestEveryCommandIsAnOperation(t *testing.T) {
	text, err := os.ReadFile("../../docs/HTTP.md")
	if err != nil {
		t.Fatal(err)
	}
	inFolder(t)
	offered := offeredAt(t)
	left := map[string]string{} // what is listed and was not met
	for _, name := range overAPI {
		left[name] = "asks"
	}
	for _, list := range []map[string]string{asksNobody, staysHere} {
		for name, why := range list {
			if left[name] != "" || len(why) < 20 {
				t.Errorf("%q is in two lists, or without a reason: %s", name, why)
			}
			left[name] = "stays"
			if !strings.Contains(string(text), "| `"+strings.TrimSpace("collector "+name)+"` | "+why+" |") {
				t.Errorf("docs/HTTP.md does not say why `collector %s` stays here: %s", name, why)
			}
		}
	}
	met := 0
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			walk(sub)
		}
		name := strings.TrimPrefix(strings.TrimPrefix(c.CommandPath(), "collector"), " ")
		group := c.HasSubCommands() && name != "" && name != "migrate" && name != "workers" // these do something themselves
		if !c.Runnable() || group {
			return
		}
		met++
		switch left[name] {
		case "asks":
			if _, there := operations[name]; !there {
				t.Errorf("`collector %s` asks a collector that runs, by no operation of the API", name)
			}
		case "stays":
			if at := operations[name]; at != "" {
				t.Errorf("`collector %s` stays here, and there is %s", name, at)
			}
		default:
			t.Errorf("`collector %s` neither is an operation of the API nor has a reason to stay here", name)
		}
		delete(left, name)
	}
	walk(newApp(nil, nil, io.Discard, io.Discard).root())
	for name := range left {
		t.Errorf("there is no command %q", name)
	}
	for name, at := range operations {
		command, _, _ := strings.Cut(name, " --")
		if !slices.Contains(overAPI, command) || !offered[at] {
			t.Errorf("`collector %s` is said to be %s, which is not so", name, at)
		}
	}
	if met < 50 {
		t.Errorf("only %d commands were looked at", met)
	}
}

// offeredAt are the operations of a collector that runs, as its document lists them.
func offeredAt(t *testing.T) map[string]bool {
	t.Helper()
	served(t, nil)
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", "collector.db.sock")
	}}}
	defer client.CloseIdleConnections()
	reply, err := client.Get("http://collector/api/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	var doc struct {
		Paths map[string]map[string]any
	}
	if err := json.NewDecoder(reply.Body).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for path, methods := range doc.Paths {
		for method := range maps.Keys(methods) {
			out[strings.ToUpper(method)+" "+strings.TrimPrefix(path, "/api/")] = true
		}
	}
	return out
}
