package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"collector/store"
)

// healthcheckCommand is for containers: does this machine's daemon live?
func (a *app) healthcheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "healthcheck",
		Short: "end with 0 when the collector of this machine lives, for containers",
		Long: `Ends with 0 when the collector of this machine says that it lives, with 1 otherwise.
It is asked at COLLECTOR_METRICS_LISTEN, /healthz, where that is set; elsewhere, and
where nobody answers there, it must have written its heartbeat within the last 15
seconds (it writes one every 5). It says nothing of the services: an outage there is
no reason to restart.`,
		Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			if told, err := a.askHealth(c.Context()); told {
				return err
			}
			return a.withStore(c.Context(), func(ctx context.Context, st store.Store) error {
				beats, err := st.Beats(ctx, a.now().Add(-beatLife))
				if err != nil {
					return err
				}
				for _, b := range beats {
					if b.Host == a.host {
						a.say("alive: %s, last heartbeat %s", line(b.ID), ago(b.Seen, a.now()))
						return nil
					}
				}
				return &problem{code: exitOther, reason: "no collector of this machine has shown a heartbeat within 15 s", whose: "this machine", next: "start it: collector"}
			})
		}),
	}
}

// askHealth asks the daemon itself, where it listens, and says whether that told anything.
func (a *app) askHealth(ctx context.Context) (told bool, err error) {
	address, ok := reachable(a.conf.MetricsListen)
	if !ok {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/healthz", nil)
	if err != nil {
		return false, nil // then the heartbeat tells
	}
	own := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // by no proxy: it is this machine
	reply, err := own.Do(req)
	if err != nil {
		return false, nil
	}
	defer reply.Body.Close()
	words, err := io.ReadAll(io.LimitReader(reply.Body, 1<<10))
	text := strings.TrimSpace(string(words))
	switch {
	case err == nil && reply.StatusCode == http.StatusOK && text == "alive":
		a.say("alive: it answers at %s", address)
		return true, nil
	case reply.StatusCode == http.StatusServiceUnavailable && strings.HasPrefix(text, "not alive"):
		return true, &problem{code: exitOther, reason: fmt.Sprintf("the collector at %s is %s", address, line(text)), whose: "this machine", next: "start it again"}
	}
	return false, nil // somebody else answers there
}

// reachable is where this machine reaches an address that is listened on.
func reachable(listened string) (string, bool) {
	host, port, err := net.SplitHostPort(listened)
	if err != nil || port == "" || port == "0" {
		return "", false
	}
	switch ip, err := netip.ParseAddr(host); {
	case host == "", err == nil && ip.Is4() && ip.IsUnspecified():
		host = "127.0.0.1"
	case err == nil && ip.IsUnspecified():
		host = "::1"
	}
	return net.JoinHostPort(host, port), true
}
