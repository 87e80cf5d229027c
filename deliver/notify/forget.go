package notify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"collector/state"
	"collector/store"
)

// Forget takes networks that were purged out of what was told and of what is still to be
// sent: a message that names one is not sent, and what else it told is told anew.
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
			n.Out = slices.DeleteFunc(n.Out, func(l letter) bool {
				names := strings.Contains(l.Body, clean(networkName(x)))
				if names {
					n.untold(l)
				}
				found = found || names
				return names
			})
		}
		return found
	})
	if err != nil {
		return fmt.Errorf("forgetting what was told of it: %w", err)
	}
	return nil
}

// untold has what a letter tells count as not told, so that another one does.
func (n *notebook) untold(l letter) {
	maps.DeleteFunc(n.Told, func(_ string, f fact) bool { return f.Name != "" && strings.Contains(l.Body, clean(f.Name)) })
}
