package simulate

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"
)

// TestSettleWaitsForWhatIsOnItsWay sends requests on connections that end at
// once, as those of a killed process do: none comes after Settle.
func TestSettleWaitsForWhatIsOnItsWay(t *testing.T) {
	r := serve(t, Options{Seed: 3})
	host := strings.TrimPrefix(r.URLs[GitHub], "http://")
	const n = 50
	for range n {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte("GET /user HTTP/1.1\r\nHost: " + host + "\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := r.Settle(ctx); err != nil {
		t.Fatal(err)
	}
	if got := r.Total(); got != n {
		t.Errorf("%d requests had come when all was settled, %d were sent", got, n)
	}
}

func TestSettleDoesNotWaitForTheLivingForEver(t *testing.T) {
	r := serve(t, Options{Seed: 3})
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.URLs[GitHub], "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := r.Settle(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("settled with a caller connected: %v", err)
	}
}
