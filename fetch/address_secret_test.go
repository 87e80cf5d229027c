package fetch

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"collector/connectors"
	"collector/fault"
	"collector/limit"
)

// pins is a service that wants its secret in the address.
var pins = connectors.Info{
	Name: "pins", Provider: "pins", Title: "Pins", Hosts: []string{"api.pins.example"},
	Auth: connectors.Auth{Placed: true},
}

func pin(query string) Call {
	return Call{
		Info: pins, Account: "a1", Remote: "ada", User: "me", Name: "pins/ada", Class: limit.Poll,
		Request: connectors.Request{URL: "https://api.pins.example/v1/posts?" + query},
	}
}

// A secret that a service wants in the address is filled in below everything that
// keeps or prints one: whatever becomes of the call, no error, no log and no reply
// holds it, in whatever spelling.
func TestASecretInTheAddressStaysUnseen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		token := "ada:CANARY/7+0123456789ABCDEF"
		placed := "auth_token=" + connectors.Secret("access") + "&page=2"
		for name, reply := range map[string]func(r *http.Request) (*http.Response, error){
			"an answer": func(*http.Request) (*http.Response, error) { return answer(200, `[]`), nil },
			"an answer that repeats the address": func(r *http.Request) (*http.Response, error) {
				return answer(200, `{"url":"`+r.URL.String()+`"}`, "X-Url", r.URL.String()), nil
			},
			"a refusal that repeats it": func(r *http.Request) (*http.Response, error) { return answer(400, r.URL.String()), nil },
			"an error that repeats it":  func(r *http.Request) (*http.Response, error) { return nil, errors.New("dial " + r.URL.String()) },
			"net/http's error": func(r *http.Request) (*http.Response, error) {
				return nil, &url.Error{Op: "Get", URL: r.URL.String(), Err: errors.New("tls: x")}
			},
			"a redirect": func(r *http.Request) (*http.Response, error) {
				return answer(302, "", "Location", r.URL.String()+"&again=1"), nil
			},
			"a redirect to another place": func(r *http.Request) (*http.Response, error) {
				return answer(302, "", "Location", "https://evil.example/?"+r.URL.RawQuery), nil
			},
			"a redirect that is broken": func(r *http.Request) (*http.Response, error) {
				return answer(301, "", "Location", "http://%zz"+r.URL.RawQuery), nil
			},
		} {
			var asked []string
			var log bytes.Buffer
			b := newBench(t, Config{
				Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
				Transport: wire(func(r *http.Request) (*http.Response, error) {
					asked = append(asked, r.URL.String())
					return reply(r)
				}),
			})
			b.store(t, "a1", token)
			for _, query := range []string{placed, strings.Replace(placed, connectors.Secret("access"), url.QueryEscape(connectors.Secret("access")), 1)} {
				asked = nil
				got, err := b.Do(t.Context(), pin(query))
				if want := []string{"https://api.pins.example/v1/posts?auth_token=ada%3ACANARY%2F7%2B0123456789ABCDEF&page=2"}; !slices.Equal(asked, want) {
					t.Errorf("%s: asked %q", name, asked)
				}
				seen := fmt.Sprintf("%v %+v %s %v %s", err, fault.As(err), got.Body, got.Header, log.String())
				if strings.Contains(seen, "CANARY") {
					t.Errorf("%s: %s", name, seen)
				}
			}
		}
	})
}

// TestACallWithoutItsSecretIsNotSent: without a field that it needs, or without
// a credential, nothing goes out.
func TestACallWithoutItsSecretIsNotSent(t *testing.T) {
	b := newBench(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
		t.Errorf("sent %s", r.URL.Path)
		return answer(200, ""), nil
	})})
	b.store(t, "a1", "ada:CANARY")
	anonymous := pin("auth_token=" + connectors.Secret("access"))
	anonymous.Request.Anonymous = true
	for _, call := range []Call{pin("auth_token=" + connectors.Secret("refresh")), anonymous} {
		if _, err := b.Do(t.Context(), call); fault.KindOf(err) != fault.Unauthorized {
			t.Errorf("%v", err)
		}
	}
}
