package metrics

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"collector/connectors"
	"collector/fault"
	"collector/fetch"
	"collector/state"
)

// callCounts are the calls to services.
type callCounts struct {
	calls   *prometheus.CounterVec
	limits  *prometheus.CounterVec
	seconds *prometheus.HistogramVec
}

func newCallCounts(d *definer) callCounts {
	return callCounts{
		calls: d.counter("collector_calls_total",
			"Calls to services, by how they ended: ok, not_modified, lease_lost, or the kind of failure. A call that a quota forbids is rate_limited and is not sent.", "service", "outcome"),
		limits: d.counter("collector_limits_met_total",
			"Calls that met a quota, by the quota and by who said so: the collector before it was sent, or the service.", "provider", "quota", "by"),
		seconds: d.histogram("collector_call_seconds", "How long calls to services took that were answered, waits for the pace included.", briefly, "service"),
	}
}

// Do makes one call: fetch.Client.Do.
type Do func(context.Context, fetch.Call) (connectors.Reply, error)

// Calls counts the calls that go through do.
func (m *Metrics) Calls(do Do) Do {
	return func(ctx context.Context, call fetch.Call) (connectors.Reply, error) {
		begun := m.now()
		reply, err := do(ctx, call)
		service, outcome := m.known.service(call.Info.Name), "ok"
		switch {
		case errors.Is(err, state.ErrLeaseLost):
			outcome = "lease_lost"
		case err != nil:
			outcome = failure(err)
		case reply.Status == http.StatusNotModified:
			outcome = "not_modified"
		}
		m.calls.calls.WithLabelValues(service, outcome).Inc()
		f := fault.As(err)
		if err == nil || f != nil && f.Status > 0 {
			m.calls.seconds.WithLabelValues(service).Observe(max(0, m.now().Sub(begun)).Seconds())
		}
		if f != nil && f.Kind == fault.RateLimited && f.Quota != "" {
			by := "service"
			if f.Busy {
				by = "collector"
			}
			provider, quota := m.known.quota(f.Quota)
			m.calls.limits.WithLabelValues(provider, quota, by).Inc()
		}
		return reply, err
	}
}

// postCounts are the calls of webhooks.
type postCounts struct {
	posts *prometheus.CounterVec
	age   prometheus.Observer
}

func newPostCounts(d *definer) postCounts {
	return postCounts{
		posts: d.counter("collector_deliveries_total", "Calls of webhooks, by the class of the answer's status: 2xx, 3xx, 4xx, 5xx, none where there was no answer.", "status"),
		age: d.histogram("collector_delivery_age_seconds",
			"How long ago the change was when its webhook had taken it.", long).WithLabelValues(),
	}
}

// Post calls a webhook: fetch.Client.Post.
type Post func(ctx context.Context, address string, header http.Header, body []byte) (status int, retryAfter string, err error)

// Posts counts the calls that go through post, and how old what they tell is.
func (m *Metrics) Posts(post Post) Post {
	return func(ctx context.Context, address string, header http.Header, body []byte) (int, string, error) {
		status, after, err := post(ctx, address, header, body)
		class := "none"
		if err == nil && status >= 100 && status <= 599 {
			class = strconv.Itoa(status/100) + "xx"
		}
		m.posts.posts.WithLabelValues(class).Inc()
		if class == "2xx" {
			if made := timestamp(body); !made.IsZero() {
				m.posts.age.Observe(max(0, m.now().Sub(made)).Seconds())
			}
		}
		return status, after, err
	}
}
