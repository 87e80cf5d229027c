//go:build etcd

package torture

import (
	"fmt"
	"testing"
	"time"

	"collector/cluster/etcd/etcdtest"
)

// Promises R4 and R22: the same of instances that see each other by etcd. Their leases
// last half a minute, their registrations two seconds, and what one had in hand that
// was killed or stopped is taken over when its registration ends.
func TestInstancesInACluster(t *testing.T) {
	const lease, ttl = 30 * time.Second, 2 * time.Second
	c := newCrew(t, 2*ttl, fmt.Sprint("COLLECTOR_LEASE=", lease), fmt.Sprint("COLLECTOR_CLUSTER_TTL=", ttl),
		"COLLECTOR_CLUSTER=etcd://"+etcdtest.Start(t).Endpoint+"/instances")
	c.torment(lease, ttl+time.Second)
}
