package fetch

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"collector/auth"
)

const sendToken = "tok-c4nary-send"

func message(method, address string, body []byte) Message {
	return Message{Method: method, Address: address, Scheme: "Bearer", Token: auth.NewSecret(sendToken), Body: body}
}

// TestSend: the call arrives signed, its answer comes back, and a redirect is an answer
// that takes the token nowhere else.
func TestSend(t *testing.T) {
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Authorization") != "Bearer "+sendToken || r.Header.Get("Accept") != "application/json" {
			t.Errorf("%v %v", err, r.Header)
		}
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, other.URL, http.StatusPermanentRedirect)
		case "/large":
			w.Write(make([]byte, sendRead+1))
		case "/torn":
			w.Header().Set("Content-Length", "100")
			w.Write([]byte("x"))
		default:
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusCreated)
			w.Write([]byte(r.Method + " " + r.URL.RawQuery + " " + string(body) + r.Header.Get("Content-Type")))
		}
	}))
	defer s.Close()
	c := poster(t, Config{AllowPrivate: []string{s.Listener.Addr().String(), other.Listener.Addr().String()}})
	if got, err := c.Send(t.Context(), message("GET", s.URL+"/a?b=c", nil)); err != nil || got.Status != 201 || got.RetryAfter != "7" || string(got.Body) != "GET b=c " {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := c.Send(t.Context(), message("POST", s.URL+"/a", []byte("{}"))); err != nil || string(got.Body) != "POST  {}application/json" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := c.Send(t.Context(), message("POST", s.URL+"/redirect", []byte("{}"))); err != nil || got.Status != 308 || elsewhere.Load() != 0 {
		t.Errorf("a redirect: %+v, %v, %d calls elsewhere", got, err, elsewhere.Load())
	}
	for _, path := range []string{"/large", "/torn"} {
		if got, err := c.Send(t.Context(), message("GET", s.URL+path, nil)); err == nil || strings.Contains(err.Error(), path) {
			t.Errorf("%s: %d bytes, %v", path, len(got.Body), err)
		}
	}
}

// TestSendReachesNothingPrivate as Post does not, and no error holds the token.
func TestSendReachesNothingPrivate(t *testing.T) {
	var reached atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer s.Close()
	c := poster(t, Config{Resolver: nameserver(t, "127.0.0.1")})
	for _, address := range []string{s.URL, "https://127.0.0.1/", "https://localhost/", "https://rebound.example/", "https://user:word@8.8.8.8/", ""} {
		if got, err := c.Send(t.Context(), message("GET", address, nil)); err == nil || strings.Contains(err.Error(), sendToken) {
			t.Errorf("%s answered %+v, %v", address, got, err)
		}
	}
	if reached.Load() != 0 {
		t.Errorf("%d calls reached it", reached.Load())
	}
}
