package notify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"collector/state"
	"collector/store"
)

// Forget takes networks that were purged out of what was told and of what is still to be
// sent: a message that names one is not sent.
func Forget(ctx context.Context, st store.Store, gone []state.Network) error {
	err := update(ctx, st, func(n *notebook) bool {
		found := false
		for _, x := range gone {
			for _, kind := range []string{ofANetwork, ofASweep, ofAHistory} {
				for _, facts := range []map[string]fact{n.Told, n.Heard} {
					_, has := facts[kind+x.ID]
					delete(facts, kind+x.ID)
					found = found || has
				}
			}
			before := len(n.Out)
			n.Out = slices.DeleteFunc(n.Out, func(l letter) bool { return strings.Contains(l.Body, clean(networkName(x))) })
			found = found || len(n.Out) < before
		}
		return found
	})
	if err != nil {
		return fmt.Errorf("forgetting what was told of it: %w", err)
	}
	return nil
}
