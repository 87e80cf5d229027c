package config

import (
	"net"
	"regexp"
	"strconv"
	"time"
)

// Metrics says who may watch how the daemon fares.
type Metrics struct {
	MetricsListen    string        `yaml:"metrics_listen" split_words:"true" doc:"address that answers /metrics (Prometheus), /healthz and /readyz, such as 127.0.0.1:9469 or :9469; nothing: not offered. What it tells is about nobody"`
	Graphite         string        `yaml:"graphite" split_words:"true" doc:"host:port of a Graphite (carbon, line protocol over TCP) that the same metrics are sent to, such as graphite.lan:2003"`
	GraphiteInterval time.Duration `yaml:"graphite_interval" split_words:"true" doc:"how often they are sent to Graphite, 1s to 1h"`
	GraphitePrefix   string        `yaml:"graphite_prefix" split_words:"true" doc:"begins their names in Graphite; {host} and {mode} stand for those of the instance; two of one mode on one machine need a prefix each"`
}

// prefixes are what Graphite takes as the beginning of a path.
var prefixes = regexp.MustCompile(`^([A-Za-z0-9_-]|\{host\}|\{mode\})+(\.([A-Za-z0-9_-]|\{host\}|\{mode\})+)*$`)

func (m *Metrics) validate(bad func(key, format string, a ...any)) {
	address := func(key, text, example string, hostless bool) {
		if text == "" {
			return
		}
		host, port, err := net.SplitHostPort(text)
		n, noNumber := strconv.Atoi(port)
		if err != nil || noNumber != nil || n < 0 || n > 65535 || !hostless && (host == "" || n == 0) {
			bad(key, "%q is no address: write host:port, such as %s", unsecret(text), example)
		}
	}
	address("metrics_listen", m.MetricsListen, "127.0.0.1:9469", true)
	address("graphite", m.Graphite, "graphite.lan:2003", false)
	if m.GraphiteInterval < time.Second || m.GraphiteInterval > time.Hour {
		bad("graphite_interval", "%s is outside of 1s to 1h", span(m.GraphiteInterval))
	}
	if !prefixes.MatchString(m.GraphitePrefix) {
		bad("graphite_prefix", "%q is no path: write words of letters, digits, - and _ with dots between them, such as servers.{host}.{mode}", m.GraphitePrefix)
	}
}
