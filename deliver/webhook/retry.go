package webhook

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// waits are those between the tries of one message, as Standard Webhooks recommends:
// nearly three days together. After the last try the message is dead.
var waits = [...]time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
	10 * time.Hour, 14 * time.Hour, 14 * time.Hour, 24 * time.Hour,
}

// Tries is how often a message is sent until it is dead.
const Tries = len(waits) + 1

// longest is the longest Retry-After that is heeded.
const longest = 24 * time.Hour

// wait is how long to wait after so many tries, from 1; a tenth is added by chance, so
// that what failed together does not come back together.
func wait(tries int) time.Duration {
	d := waits[min(max(tries, 1), len(waits))-1]
	return d + rand.N(d/10)
}

// verdict is what an answer means.
type verdict struct {
	ok     bool
	gone   bool          // no call will ever be welcome
	after  time.Duration // for how long it wants no call; 0: it did not say
	reason string
}

// judge reads an answer: a status of 2xx is success, everything else is not; redirects
// are not followed, as the specification has it.
func judge(status int, retryAfter string, err error, now time.Time) verdict {
	switch {
	case err != nil:
		return verdict{reason: err.Error()}
	case status >= 200 && status < 300:
		return verdict{ok: true}
	case status == http.StatusGone:
		return verdict{gone: true, reason: "it answered 410 Gone"}
	}
	v := verdict{reason: strings.TrimSpace(fmt.Sprintf("it answered %d %s", status, http.StatusText(status)))}
	if status >= 300 && status < 400 {
		v.reason += "; redirects are not followed"
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		v.after = pause(retryAfter, now)
	}
	return v
}

// pause reads Retry-After (RFC 9110, section 10.2.3); 0 where it says nothing usable.
func pause(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	d := time.Duration(0)
	if s, err := strconv.ParseUint(text, 10, 31); err == nil {
		d = time.Duration(s) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), longest)
}
