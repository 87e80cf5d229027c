package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"collector/auth"
	"collector/deliver/webhook"
	"collector/store"
)

// rotateKeyCommand seals all sign-ins with a new key.
func (a *app) rotateKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rotate-key",
		Short: "seal all sign-ins with a new secret key",
		Long: `Makes a new secret key in the file that holds the present one, and seals every
sign-in with it. It can be interrupted and run again; collectors that run follow by
themselves.

A key that is given as COLLECTOR_SECRET_KEY or by systemd is not in a file that can
be changed: give "NEW,OLD" (openssl rand -base64 32 makes a key) to all instances,
run this, then give "NEW" alone.`,
		Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			return a.withStore(c.Context(), func(ctx context.Context, st store.Store) error {
				ring, err := a.keyring(ctx, st)
				if err != nil {
					return err
				}
				src := a.keys()
				var n int
				err = withWebhooks(ctx, st, false, func(hooks webhook.Store) (err error) {
					vault := webhook.Vault{Vault: st, Endpoints: hooks}
					if path := src.Path(); path != "" && !a.systemdKey(src, path) {
						n, err = auth.RotateFile(ctx, vault, path)
					} else {
						n, err = auth.Rotate(ctx, vault, ring)
					}
					return err
				})
				if err != nil {
					return fmt.Errorf("rotating the secret key (run it again): %w", err)
				}
				a.say("%s sealed anew. Keep a copy of the new key apart from the database's backup; older backups need the old key.", many(n, "sign-in was", "sign-ins were"))
				return nil
			})
		}),
	}
}

// systemdKey says whether a key file is one that systemd provides.
func (a *app) systemdKey(src auth.KeySource, path string) bool {
	return src.File == "" && src.Credentials != "" && path != src.Beside
}
