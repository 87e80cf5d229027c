package notify

import (
	"context"
	"fmt"

	"collector/store"
)

// Move takes along what was told and what is still to be sent, so that nothing is told again
// by the collectors of the target. Nobody works on either store.
func Move(ctx context.Context, from, to store.Store) error {
	text, err := from.Meta(ctx, written)
	if err != nil || text == "" {
		return err
	}
	if err := to.SetMeta(ctx, written, text); err != nil {
		return fmt.Errorf("noting what was told: %w", err)
	}
	return nil
}
