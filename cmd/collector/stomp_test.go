package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"collector/broker"
	brokermemory "collector/broker/memory"
	"collector/broker/stomp"
	"collector/broker/stomp/stomptest"
	"collector/cmd/collector/internal/config"
	"collector/control"
	queuememory "collector/queue/memory"
)

// TestStompIsOffered where it is configured and nowhere else, to those who may; a stop
// ends it.
func TestStompIsOffered(t *testing.T) {
	inFolder(t)
	a := newApp(nil, nil, nil, nil)
	a.conf = &config.Loaded{Config: config.Default(a.infos())}
	if ports, err := a.listenStomp(nil); ports != nil || err != nil {
		t.Fatalf("by default there are ports: %v, %v", ports, err)
	}
	write(t, "users", "ada c4nary-password\n")
	out, stop := background(t, map[string]string{"COLLECTOR_STOMP": "127.0.0.1:0", "COLLECTOR_STOMP_USERS_FILE": "users"})
	out.await(t, "STOMP is offered", patience)
	var entry struct{ Address string }
	if err := json.Unmarshal([]byte(lineHolding(out.String(), "STOMP is offered")), &entry); err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]string{"c4nary-password": "CONNECTED\n", "wrong": "ERROR\n"} {
		conn, err := net.Dial("tcp", entry.Address)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "CONNECT\naccept-version:1.2\nlogin:ada\npasscode:%s\n\n\x00", password)
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil || line != want {
			t.Errorf("with password %q: %q, %v", password, line, err)
		}
		conn.Close()
	}
	if code := stop(); code != exitOK || strings.Contains(out.String(), "c4nary") {
		t.Errorf("ended with %d:\n%s", code, out)
	}
	if conn, err := net.Dial("tcp", entry.Address); err == nil {
		conn.Close()
		t.Error("it is offered after the stop")
	}
}

func lineHolding(text, words string) string {
	for l := range strings.Lines(text) {
		if strings.Contains(l, words) {
			return l
		}
	}
	return ""
}

// TestStompRefusesToStart: an open address without users, a port that is taken, users or a
// certificate that cannot be read.
func TestStompRefusesToStart(t *testing.T) {
	inFolder(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	write(t, "users", "ada c4nary\n")
	write(t, "broken", "c4nary\n")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--stomp=0.0.0.0:0"}, "there are no users"},
		{[]string{"--stomp=:0"}, "there are no users"},
		{[]string{"--stomp-ws=:0"}, "there are no users"},
		{[]string{"--stomp=" + taken.Addr().String()}, "in use"},
		{[]string{"--stomp=:0", "--stomp-users-file=missing"}, "COLLECTOR_STOMP_USERS_FILE"},
		{[]string{"--stomp=:0", "--stomp-users-file=broken"}, "line 1"},
		{[]string{"--stomp-tls=127.0.0.1:0", "--stomp-cert-file=users", "--stomp-key-file=users"}, "COLLECTOR_STOMP_CERT_FILE"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		o := program{}.runContext(ctx, t, c.args...)
		cancel()
		if o.code != exitConfig || !strings.Contains(o.err, c.want) || strings.Contains(o.err, "c4nary") {
			t.Errorf("%q ended with %d: %s", c.args, o.code, o.err)
		}
	}
}

// TestThePageOfWorkersKnowsWhoIsConnected by STOMP to its process, where that is offered.
func TestThePageOfWorkersKnowsWhoIsConnected(t *testing.T) {
	a := newApp(nil, nil, nil, nil)
	a.conf = &config.Loaded{Config: config.Default(a.infos())}
	a.programs = new(atomic.Pointer[stomp.Server])
	if a.work(control.Beside{}).Programs != nil {
		t.Error("STOMP is not offered, and the page shows it")
	}
	a.conf.Stomp.Stomp = "127.0.0.1:0"
	work := a.work(control.Beside{})
	if list, all := work.Programs(10); len(list)+all != 0 {
		t.Errorf("before it is offered %v are connected, %d in all", list, all)
	}
	ports, err := a.listenStomp(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	b := broker.New(queuememory.New(), brokermemory.New(), broker.Options{Owner: "test"})
	defer b.Close(context.WithoutCancel(t.Context()))
	address := ports.streams[0].Addr().String()
	defer ports.serve(t.Context(), b)()
	c, err := stomptest.Dial(t.Context(), address, "login:notes")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if list, all := work.Programs(10); all != 1 || len(list) != 1 || list[0].User != "notes" || list[0].From != c.LocalAddr().String() {
		t.Errorf("%+v are connected, %d in all", list, all)
	}
}
