package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestPagesAreMadeOnceAndCounted(t *testing.T) {
	in, stop := io.Pipe()
	out, said := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(2, 3, true, in, said) }()
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var hello Hello
	if err == nil {
		err = json.Unmarshal(line, &hello)
	}
	if err != nil || len(hello.Accounts) != 2 {
		t.Fatalf("%v: %s", err, line)
	}
	get := func(path, token string) string {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, hello.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		got, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer got.Body.Close()
		body, err := io.ReadAll(got.Body)
		if err != nil || got.StatusCode != http.StatusOK || got.Header.Get("ETag") != "" {
			t.Fatalf("%v, %d, %v: %s", err, got.StatusCode, got.Header, body)
		}
		return string(body)
	}
	first := get("/user/starred?per_page=100", hello.Accounts[0].Token)
	if strings.Count(first, `"full_name"`) != 3 || first != get("/user/starred?per_page=100", hello.Accounts[0].Token) {
		t.Error(first)
	}
	if first == get("/user/starred?per_page=100", hello.Accounts[1].Token) {
		t.Error("two accounts have one page")
	}
	if seen := get("/bench/seen", ""); seen != `{"asked":3,"most":1}` {
		t.Error(seen)
	}
	if seen := get("/bench/seen", ""); seen != `{"asked":0,"most":0}` {
		t.Error(seen)
	}
	stop.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
