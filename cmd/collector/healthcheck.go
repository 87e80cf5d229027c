package main

import (
	"context"

	"github.com/spf13/cobra"

	"collector/store"
)

// healthcheckCommand is for containers: does this machine's daemon live?
func (a *app) healthcheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "healthcheck",
		Short: "end with 0 when the collector of this machine lives, for containers",
		Long: `Ends with 0 when the collector of this machine has written its heartbeat within the
last 15 seconds (it writes one every 5), with 1 otherwise. It says nothing of the
services: an outage there is no reason to restart.`,
		Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
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
