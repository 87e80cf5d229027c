package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestServiceManagerIsTold when collecting begins, that it lives, and that it ends.
func TestServiceManagerIsTold(t *testing.T) {
	inFolder(t)
	socket := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	said := newStream()
	var reading sync.WaitGroup
	reading.Go(func() {
		buf := make([]byte, 4096)
		for {
			n, err := conn.Read(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			said.Write(append(buf[:n:n], '\n'))
		}
	})
	env := map[string]string{"NOTIFY_SOCKET": socket, "WATCHDOG_USEC": strconv.Itoa(int(3 * time.Second / time.Microsecond)), "WATCHDOG_PID": strconv.Itoa(os.Getpid())}
	out, stop := background(t, env, "--log-format=json")
	said.await(t, "READY=1", 20*time.Second)
	said.await(t, "WATCHDOG=1\nWATCHDOG=1", 20*time.Second)
	if strings.Contains(said.String(), "STOPPING") {
		t.Error("it said that it stops before it did")
	}
	if code := stop(); code != exitOK {
		t.Errorf("the daemon ended with %d: %s", code, out)
	}
	said.await(t, "STOPPING=1", 20*time.Second)
	conn.Close()
	reading.Wait()
}
