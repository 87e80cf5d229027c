package executor_test

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"collector/connectors"
	"collector/connectors/bluesky"
	"collector/connectors/github"
	"collector/fault"
)

// answer is what a service says when it wants no more calls.
type answer struct {
	status int
	header map[string]string
	body   string
}

// form is one way of a service to say so.
type form struct {
	name   string
	wait   time.Duration // how long it means it
	want   time.Duration // how long the collector waits where no usable time is named, doubled each time; 0: as long as named
	reply  func(now, until time.Time) answer
	report connectors.Report
	fault  func(connectors.Reply) error
	usage  func(connectors.Reply) []connectors.Usage
}

// forms are all forms of limits that are known of the services: those of the
// three connectors with their own reading, those that come later with that of
// an invented one. The name says who does it so.
var forms = []form{
	retryAfter("seconds (Mastodon)", 429, 5*time.Minute, func(d time.Duration, _ time.Time) string { return fmt.Sprint(int(d.Seconds())) }),
	retryAfter("hours long, as seconds (Spotify)", 429, 79_892*time.Second, func(d time.Duration, _ time.Time) string { return fmt.Sprint(int(d.Seconds())) }),
	retryAfter("seconds with decimals", 429, 3500*time.Millisecond, func(d time.Duration, _ time.Time) string { return fmt.Sprint(d.Seconds()) }),
	retryAfter("a date", 429, 10*time.Minute, func(_ time.Duration, until time.Time) string {
		return until.Add(time.Second).UTC().Format(http.TimeFormat)
	}),
	retryAfter("39 days", 429, 39*24*time.Hour, func(d time.Duration, _ time.Time) string { return fmt.Sprint(int(d.Seconds())) }),
	retryAfter("503 with seconds", 503, 2*time.Minute, func(d time.Duration, _ time.Time) string { return fmt.Sprint(int(d.Seconds())) }),
	useless("nothing, an empty body (Spotify)", time.Minute, ""),
	useless("zero seconds", time.Minute, "0"),
	useless("negative", 15*time.Minute, "-30"),
	useless("garbage", 15*time.Minute, "soon"),
	useless("more than 40 days", 15*time.Minute, "34560001"),
	useless("a date long past", 15*time.Minute, "Wed, 21 Oct 2015 07:28:00 GMT"),
	{
		name: "HTML of a proxy with seconds, no other header (Trakt)", wait: 5 * time.Minute,
		reply: func(_, _ time.Time) answer {
			return answer{429, map[string]string{"Retry-After": "300", "Content-Type": "text/html"}, "<html><title>Error 1015</title>"}
		},
	},
	{
		name: "403, none left, epoch seconds (GitHub)", wait: 40 * time.Minute, fault: github.New().(connectors.Faulter).Fault,
		report: connectors.Report{Limit: "X-RateLimit-Limit", Remaining: "X-RateLimit-Remaining", Reset: "X-RateLimit-Reset"},
		reply: func(_, until time.Time) answer {
			return answer{403, map[string]string{"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": fmt.Sprint(until.Add(time.Second - 1).Unix())}, `{"message":"API rate limit exceeded for user ID 7."}`}
		},
	},
	{
		name: "403 with text, secondary, seconds (GitHub)", wait: 90 * time.Second, fault: github.New().(connectors.Faulter).Fault,
		reply: func(_, _ time.Time) answer {
			return answer{403, map[string]string{"Retry-After": "90"}, `{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}`}
		},
	},
	{
		name: "403 with text, secondary, no time (GitHub)", wait: 50 * time.Second, want: time.Minute,
		report: connectors.Report{Limit: "X-RateLimit-Limit", Remaining: "X-RateLimit-Remaining", Reset: "X-RateLimit-Reset"}, fault: github.New().(connectors.Faulter).Fault,
		reply: func(_, _ time.Time) answer {
			return answer{403, nil, `{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}`}
		},
	},
	{
		name: "429 with an epoch header (Bluesky)", wait: 4 * time.Minute, fault: bluesky.New().(connectors.Faulter).Fault,
		report: connectors.Report{Limit: "RateLimit-Limit", Remaining: "RateLimit-Remaining", Reset: "RateLimit-Reset"},
		reply: func(_, until time.Time) answer {
			return answer{429, map[string]string{"RateLimit-Limit": "3000", "RateLimit-Remaining": "0", "RateLimit-Reset": fmt.Sprint(until.Add(time.Second - 1).Unix())}, `{"error":"RateLimitExceeded","message":"Rate Limit Exceeded"}`}
		},
	},
	reset("epoch milliseconds", connectors.EpochSeconds, 20*time.Minute, func(_, until time.Time) string { return fmt.Sprint(until.UnixMilli() + 1) }),
	reset("ISO 8601 (Mastodon, Vimeo)", connectors.ISO8601, 5*time.Minute, func(_, until time.Time) string { return until.UTC().Format("2006-01-02T15:04:05.000000Z") }),
	reset("seconds to go with decimals (Reddit)", connectors.SecondsToGo, 412*time.Second+500*time.Millisecond, func(now, until time.Time) string { return fmt.Sprintf("%.1f", until.Sub(now).Seconds()) }),
	reset("whole seconds to go (Product Hunt)", connectors.SecondsToGo, 7*time.Minute, func(now, until time.Time) string { return fmt.Sprint(int(until.Sub(now).Seconds())) }),
	{
		name: "403 with text alone (Unsplash)", wait: 55 * time.Second, want: time.Minute,
		fault: whenBody(403, "Rate Limit Exceeded", func(connectors.Reply, *fault.Error) {}),
		reply: func(_, _ time.Time) answer {
			return answer{403, map[string]string{"Content-Type": "text/plain"}, "Rate Limit Exceeded"}
		},
	},
	{
		name: "400 with seconds in its text (Stack Exchange)", wait: 68_432 * time.Second,
		fault: whenBody(400, "throttle_violation", func(r connectors.Reply, e *fault.Error) {
			var body struct {
				Text string `json:"error_message"`
			}
			n := 0
			if connectors.Decode(r, &body) == nil {
				_, rest, _ := strings.Cut(body.Text, "available in ")
				_, _ = fmt.Sscanf(rest, "%d seconds", &n) // 0: no time is named
			}
			e.Wait = time.Duration(n) * time.Second
		}),
		reply: func(_, _ time.Time) answer {
			return answer{400, nil, `{"error_id":502,"error_name":"throttle_violation","error_message":"too many requests from this IP, more requests available in 68432 seconds"}`}
		},
	},
	{
		name: "an error code inside 200 (Last.fm, VK)", wait: 45 * time.Second, want: time.Minute,
		fault: whenBody(200, `"error":29`, func(connectors.Reply, *fault.Error) {}),
		reply: func(_, _ time.Time) answer { return answer{200, nil, `{"error":29,"message":"Rate limit exceeded"}`} },
	},
	{
		name: "a time in the body of 429 (SoundCloud)", wait: 13 * time.Hour,
		fault: whenBody(429, "reset_time", func(r connectors.Reply, e *fault.Error) {
			_, rest, _ := strings.Cut(string(r.Body), `"reset_time":"`)
			text, _, _ := strings.Cut(rest, `"`)
			e.Until, _ = time.Parse("2006/01/02 15:04:05 -0700", text) // zero: no time is named
		}),
		reply: func(_, until time.Time) answer {
			return answer{429, nil, `{"errors":[{"meta":{"rate_limit":{"max_nr_of_requests":15000,"time_window":"PT24H"},"reset_time":"` + until.Add(time.Second-1).UTC().Format("2006/01/02 15:04:05 -0700") + `"}}]}`}
		},
	},
	{
		name: "backoff in a body of 200 that is good otherwise (Stack Exchange)", wait: 40 * time.Second,
		report: connectors.Report{Body: true},
		usage: func(r connectors.Reply) []connectors.Usage {
			var body struct {
				Backoff int `json:"backoff"`
			}
			if connectors.Decode(r, &body) != nil || body.Backoff == 0 {
				return nil
			}
			return []connectors.Usage{{Quota: "core", Wait: time.Duration(body.Backoff) * time.Second}}
		},
		reply: func(_, _ time.Time) answer { return answer{200, nil, `{"ids":["a","b"],"backoff":40}`} },
	},
}

// retryAfter is a limit told by the header Retry-After.
func retryAfter(name string, status int, wait time.Duration, text func(time.Duration, time.Time) string) form {
	return form{name: "Retry-After: " + name, wait: wait, reply: func(_, until time.Time) answer {
		return answer{status, map[string]string{"Retry-After": text(wait, until)}, "wait"}
	}}
}

// useless is a 429 whose Retry-After tells nothing that can be used.
func useless(name string, want time.Duration, text string) form {
	return form{name: "Retry-After: " + name, wait: want - 10*time.Second, want: want, reply: func(_, _ time.Time) answer {
		return answer{429, map[string]string{"Retry-After": text}, ""}
	}}
}

// reset is a 429 with the end of the window in a header.
func reset(name string, unit connectors.ResetUnit, wait time.Duration, text func(now, until time.Time) string) form {
	return form{
		name: "reset header: " + name, wait: wait,
		report: connectors.Report{Limit: "X-L", Remaining: "X-R", Reset: "X-E", Unit: unit},
		reply: func(now, until time.Time) answer {
			return answer{429, map[string]string{"X-L": "600", "X-R": "0.0", "X-E": text(now, until)}, "<html>too many requests"}
		},
	}
}

// whenBody reads a reply as a limit by a text in its body.
func whenBody(status int, text string, more func(connectors.Reply, *fault.Error)) func(connectors.Reply) error {
	return func(r connectors.Reply) error {
		if r.Status != status || !strings.Contains(string(r.Body), text) {
			return nil
		}
		e := fault.New(fault.RateLimited, "the service has had enough")
		more(r, e)
		return e
	}
}
