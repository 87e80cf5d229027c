package config

import (
	"strings"
	"testing"
	"time"
)

// TestMetricsAreOffUntilAsked, and what is wrong is said.
func TestMetricsAreOffUntilAsked(t *testing.T) {
	l, err := load(t, "", nil, nil)
	if err != nil || l.MetricsListen+l.Graphite != "" || l.GraphiteInterval != time.Minute {
		t.Fatalf("%+v, %v", l.Metrics, err)
	}
	for file, want := range map[string]string{
		"metrics_listen: 9469\n":               "host:port",
		"metrics_listen: localhost:http\n":     "host:port",
		"metrics_listen: localhost:70000\n":    "host:port",
		"graphite: graphite.lan\n":             "host:port",
		"graphite: \":2003\"\n":                "host:port",
		"graphite: graphite.lan:0\n":           "host:port",
		"graphite_interval: 10ms\n":            "1s to 1h",
		"graphite_interval: 2h\n":              "1s to 1h",
		"graphite_prefix: \"a b\"\n":           "is no path",
		"graphite_prefix: a..b\n":              "is no path",
		"graphite_prefix: \"{account}\"\n":     "is no path",
		"graphite_prefix: \"a 1 2\\nb 1 2\"\n": "is no path",
	} {
		if _, err := load(t, file, nil, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", file, err, want)
		}
	}
	for _, file := range []string{
		"metrics_listen: \":9469\"\n", "metrics_listen: \"[::1]:0\"\n", "graphite: graphite.lan:2003\n", "graphite: \"[::1]:2003\"\n",
		"graphite_prefix: a.b-c.{host}_{mode}\n", "graphite_interval: 1s\n",
	} {
		if _, err := load(t, file, nil, nil); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}
