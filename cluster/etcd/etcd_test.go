//go:build etcd

package etcd_test

import (
	"fmt"
	"testing"
	"time"

	"collector/cluster"
	"collector/cluster/clustertest"
	"collector/cluster/etcd"
	"collector/cluster/etcd/etcdtest"
)

func TestRegistry(t *testing.T) {
	server := etcdtest.Start(t)
	n := 0
	clustertest.Run(t, false, func(*testing.T) clustertest.Backend {
		n++
		prefix := fmt.Sprintf("/test-%d", n)
		return clustertest.Backend{
			Open: func() (cluster.Registry, error) {
				return etcd.Open(etcd.Options{Endpoints: []string{server.Endpoint}, Prefix: prefix})
			},
			TTL:     3 * time.Second,
			Late:    15 * time.Second,
			Compact: func() error { return server.Compact(t.Context()) },
		}
	})
}
