package stomptest

import (
	"context"
	"net"
	"strings"
	"testing"

	"collector/broker"
	brokermemory "collector/broker/memory"
	"collector/broker/stomp"
	"collector/broker/stomp/frame"
	queuememory "collector/queue/memory"
)

// TestClient sends and gets a message, and what the server refuses is an error, as is the
// end of the context.
func TestClient(t *testing.T) {
	b := broker.New(queuememory.New(), brokermemory.New(), broker.Options{Owner: "test"})
	defer func() {
		if err := b.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serving, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- stomp.New(b, stomp.Options{Name: "some/1"}).Serve(serving, ln) }()
	defer func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}()
	ctx, end := context.WithCancel(t.Context())
	defer end()
	c, err := Dial(ctx, ln.Addr().String(), "host:any")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Server != "some/1" {
		t.Errorf("the server calls itself %q", c.Server)
	}
	if err := c.Say("SUBSCRIBE\nid:1\ndestination:/queue/a\n\n^", "SEND\ndestination:/queue/a\n\nhello^"); err != nil {
		t.Fatal(err)
	}
	if f, err := c.Want(frame.Message); err != nil || string(f.Body) != "hello" {
		t.Fatalf("%+v, %v", f, err)
	}
	if err := c.Say("SEND\ndestination:/queue/a\nreceipt:1\n\n^"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Want(frame.Connected); err == nil {
		t.Error("a RECEIPT or a MESSAGE was taken for CONNECTED")
	}
	d, err := Dial(ctx, ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Say("SEND\n\n^"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Next(); err == nil || !strings.Contains(err.Error(), "refuses") {
		t.Errorf("a SEND to nowhere: %v", err)
	}
	end()
	for err = nil; err == nil; {
		_, err = c.Next() // what had come, and then the end
	}
}
