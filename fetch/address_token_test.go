package fetch

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

// A token that is signed in a header never stands in an address, where every proxy and log on the way would
// write it down, and nothing of an account is asked for without TLS.
//
// Defect 13: tokens in addresses, and services called without TLS.
func TestTokensStayOutOfAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []*http.Request
		b := newBench(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
			asked = append(asked, r)
			return answer(200, `[]`), nil
		})})
		b.store(t, "a1", canary)
		for _, path := range []string{"/user/starred", "/user/starred?page=2", "/user/starred?access_token=", "/user/starred#x"} {
			_, _ = b.Do(t.Context(), star(path)) // a refusal is as good as a clean call
		}
		plain := star("/user/starred")
		plain.Request.URL = strings.Replace(plain.Request.URL, "https://", "http://", 1)
		if _, err := b.Do(t.Context(), plain); err == nil {
			t.Error("a call without TLS was made")
		}
		named := star("/user/starred")
		named.Request.URL = strings.Replace(named.Request.URL, "https://", "https://"+canary+"@", 1)
		if _, err := b.Do(t.Context(), named); err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("an address with a password: %v", err)
		}
		signed := 0
		for _, r := range asked {
			if r.URL.Scheme != "https" || r.URL.User != nil || strings.Contains(r.URL.String(), canary) || r.Header.Get("Referer") != "" {
				t.Errorf("asked %s %v", r.URL.Redacted(), r.Header["Referer"])
			}
			if r.Header.Get("Authorization") == "Bearer "+canary {
				signed++
			}
		}
		if signed < 2 {
			t.Errorf("%d of %d calls were signed: the others prove nothing", signed, len(asked))
		}
	})
}
