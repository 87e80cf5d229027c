package solo_test

import (
	"testing"
	"time"

	"collector/cluster"
	"collector/cluster/clustertest"
	"collector/cluster/solo"
)

func TestRegistry(t *testing.T) {
	clustertest.Run(t, true, func(*testing.T) clustertest.Backend {
		hub := solo.New()
		return clustertest.Backend{
			Open:    func() (cluster.Registry, error) { return hub, nil },
			TTL:     4 * time.Second,
			Compact: func() error { hub.Compact(); return nil },
		}
	})
}
