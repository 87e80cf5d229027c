package stomp

import (
	"context"
	"fmt"
	"net"
	"testing"

	"collector/broker/stomp/frame"
)

// answers serves one script of frames to each connection, whatever it says.
func answers(t *testing.T, script string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				fmt.Fprint(conn, "CONNECTED\nversion:1.2\n\n\x00", script)
				buf := make([]byte, 1<<10)
				for {
					if _, err := conn.Read(buf); err != nil {
						return
					}
				}
			}()
		}
	}()
	return ln.Addr().String()
}

// TestOnlyWhatWasSentCounts: a message that comes twice, too early or as another one gives
// no figure.
func TestOnlyWhatWasSentCounts(t *testing.T) {
	message := func(n int) string {
		f := frame.Frame{Command: frame.Message, Body: []byte(body(n))}
		f.Add("ack", fmt.Sprint(n))
		return string(f.Append(nil, frame.V12))
	}
	const receipt = "RECEIPT\nreceipt-id:x\n\n\x00"
	for name, c := range map[string]struct {
		script string
		good   bool
	}{
		"each once":    {receipt + message(0) + message(1) + receipt, true},
		"one twice":    {receipt + message(0) + message(0) + receipt, false},
		"one left out": {receipt + message(1) + receipt, false},
		"refused":      {receipt + "ERROR\nmessage:no\n\n\x00", false},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			took, err := load{messages: 2}.run(ctx, answers(t, c.script), "/queue/a")
			if c.good != (err == nil) || c.good != (took > 0) {
				t.Errorf("it took %v, %v", took, err)
			}
		})
	}
}
