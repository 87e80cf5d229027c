package config

import (
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"collector/auth"
	"collector/connectors"
)

// Validate returns what is wrong, one error for each broken key.
func (c *Config) Validate(infos []connectors.Info) []error {
	var errs []error
	bad := func(key, format string, a ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, a...)))
	}
	one := func(key, value string, allowed ...string) {
		if !slices.Contains(allowed, value) {
			bad(key, "%q is none of %s%s", value, strings.Join(allowed, ", "), hint(value, allowed))
		}
	}
	between := func(key string, d, low, high time.Duration) {
		if d < low || d > high {
			bad(key, "%s is not between %s and %s", span(d), span(low), span(high))
		}
	}
	one("mode", c.Mode, "both", "initial", "normal")
	one("log_format", c.LogFormat, "auto", "text", "json")
	one("log_level", c.LogLevel, "debug", "info", "warn", "error")
	if !isStore(c.Store) {
		file := "FILE"
		if c.Store != "" && !strings.Contains(c.Store, ":") { // meant as one
			file = c.Store
		}
		bad("store", "%q names no store: write sqlite:%s or mongodb://HOST/DATABASE", unsecret(c.Store), file)
	}
	if _, err := c.Floor(); err != nil {
		bad("disk_floor", "%s", err)
	}
	if c.Workers < 1 || c.Workers > 1024 {
		bad("workers", "%d is not between 1 and 1024", c.Workers)
	}
	const month = 30 * 24 * time.Hour
	between("lease", c.Lease, 100*time.Millisecond, 10*time.Minute)
	between("grace", c.Grace, 0, time.Hour)
	between("backoff_min", c.BackoffMin, time.Millisecond, month)
	between("backoff_max", c.BackoffMax, time.Millisecond, month)
	if c.BackoffMin > c.BackoffMax {
		bad("backoff_min", "%s is longer than backoff_max, %s", span(c.BackoffMin), span(c.BackoffMax))
	}
	if !c.SecretKey.Empty() && c.SecretKeyFile != "" {
		bad("secret_key", "secret_key and secret_key_file are both set: keep one")
	}
	if !c.SecretKey.Empty() {
		if _, err := (auth.KeySource{Text: c.SecretKey.Secret}).Load(false); err != nil {
			bad("secret_key", "%s", err)
		}
	}
	for _, entry := range c.AllowPrivate {
		if !hostOrNetwork(entry) {
			bad("allow_private", "%q is neither a host name nor an address nor a network such as 10.0.0.0/8", entry)
		}
	}
	c.Cluster.validate(c.Store, infos, bad)
	c.Publish.validate(bad)
	c.Stomp.validate(bad)
	c.Upkeep.validate(bad)
	c.Notify.validate(bad)
	c.Web.validate(bad)
	c.API.validate(bad)
	c.Metrics.validate(bad)
	between("notify_gap", c.NotifyGap, 0, 7*24*time.Hour)
	for _, name := range slices.Sorted(maps.Keys(c.Services)) {
		s, key := c.Services[name], "services."+name+"."
		between(key+"poll_min", s.PollMin, time.Millisecond, month)
		between(key+"poll_max", s.PollMax, time.Millisecond, month)
		if s.PollMin > s.PollMax {
			bad(key+"poll_min", "%s is longer than poll_max, %s", span(s.PollMin), span(s.PollMax))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Providers)) {
		p := c.Providers[name]
		if p.Budget != "" {
			if _, err := p.Mills(); err != nil {
				bad("providers."+name+".budget", "%s", err)
			} else if !slices.ContainsFunc(infos, func(in connectors.Info) bool { return in.Provider == name && in.Price > 0 }) {
				bad("providers."+name+".budget", "%s charges nothing, so there is nothing to allow", name)
			}
		}
		if p.URL != "" {
			if why := badBase(p.URL); why != "" {
				bad("providers."+name+".url", "%s", why)
			}
		}
	}
	return errs
}

var host = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$`)

func hostOrNetwork(s string) bool {
	if _, err := netip.ParsePrefix(s); err == nil {
		return true
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	return host.MatchString(s)
}

// badBase says why an address cannot stand in for a provider's own. It repeats
// nothing of an address that holds a password.
func badBase(text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "this is no address"
	case u.User != nil:
		return "the address holds a user name or password: leave them out"
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return fmt.Sprintf("%q is no address: write https://host", unsecret(text))
	case u.RawQuery != "" || u.Fragment != "":
		return fmt.Sprintf("%q has a query or fragment: keep scheme, host and path", unsecret(text))
	}
	return ""
}

// isStore tells whether an address has the form of a store's.
func isStore(address string) bool {
	kind, rest, _ := strings.Cut(address, ":")
	switch kind {
	case "memory":
		return address != kind
	case "sqlite":
		return rest != ""
	case "mongodb", "mongodb+srv":
		hosts, found := strings.CutPrefix(rest, "//")
		return found && hosts != ""
	}
	return false
}
