package main

import (
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"collector/broker/stomp/frame"
	"collector/broker/stomp/stomptest"
)

// TestServer takes messages, keeps them where it was told to, and ends with its input.
func TestServer(t *testing.T) {
	file := "sqlite:" + filepath.Join(t.TempDir(), "messages.db")
	for _, store := range []string{"memory", file, file} {
		in, end := io.Pipe()
		read, out := io.Pipe()
		done := make(chan error, 1)
		go func() { done <- run(store, false, in, out) }()
		var hello Hello
		if err := json.NewDecoder(read).Decode(&hello); err != nil {
			t.Fatal(err)
		}
		c, err := stomptest.Dial(t.Context(), hello.Address)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Say("SEND\ndestination:/queue/a\nreceipt:1\n\nhello^"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Want(frame.Receipt); err != nil {
			t.Error(err)
		}
		c.Close()
		end.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	jobs, closing, err := open(t.Context(), file, false)
	if err != nil {
		t.Fatal(err)
	}
	defer closing()
	if stats, err := jobs.Stats(t.Context()); err != nil || len(stats) != 1 || stats[0].Ready != 2 {
		t.Errorf("the file holds %+v, %v", stats, err)
	}
	if err := run("nowhere", false, strings.NewReader(""), io.Discard); err == nil {
		t.Error("a store of an unknown kind was opened")
	}
}
