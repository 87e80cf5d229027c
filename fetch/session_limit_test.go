package fetch

import (
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"collector/fault"
)

// TestSessionLimitTellsItsEnd: a Bluesky server names the end of a met sign-in
// limit in RateLimit-Reset alone, in its own time, which may differ from ours.
func TestSessionLimitTellsItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		theirs := time.Now().Add(-3 * time.Hour)
		b := newBench(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
			return answer(429, `{"error":"RateLimitExceeded"}`, "Date", theirs.UTC().Format(http.TimeFormat), "RateLimit-Limit", "30",
				"RateLimit-Remaining", "0", "RateLimit-Policy", "30;w=300", "RateLimit-Reset", strconv.FormatInt(theirs.Add(284*time.Second).Unix(), 10)), nil
		})})
		b.store(t, "a1", `{"identifier":"o.example","appPassword":"x-y-z"}`)
		_, err := b.Do(t.Context(), likes())
		f := fault.As(err)
		if f == nil || f.Kind != fault.RateLimited || time.Until(f.Until) < 284*time.Second || time.Until(f.Until) > 290*time.Second {
			t.Fatalf("got %v until %v, want a limit that ends in 284 s", err, f)
		}
	})
}

// TestSessionRefusedForTheAddress: a server that refuses to open a session since
// its address has asked too often is asked by none of its accounts again before
// the time that it names, while another account's own limit bars nobody else.
func TestSessionRefusedForTheAddress(t *testing.T) {
	for limit, asked := range map[string]int{"3000": 1, "30": 2, "2000": 1, "40": 2} {
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			b := newBench(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
				calls++
				return answer(429, `{"error":"RateLimitExceeded"}`, "RateLimit-Limit", limit, "RateLimit-Remaining", "0",
					"RateLimit-Policy", limit+";w=300", "RateLimit-Reset", strconv.FormatInt(time.Now().Add(200*time.Second).Unix(), 10)), nil
			})})
			for _, account := range []string{"a1", "a2"} {
				b.store(t, account, `{"identifier":"o.example","appPassword":"x-y-z"}`)
				call := likes()
				call.Account, call.Remote = account, account
				if _, err := b.Do(t.Context(), call); fault.KindOf(err) != fault.RateLimited {
					t.Fatalf("limit %s, %s: %v", limit, account, err)
				}
			}
			if calls != asked {
				t.Errorf("limit %s: the server was asked %d times, want %d", limit, calls, asked)
			}
		})
	}
}
