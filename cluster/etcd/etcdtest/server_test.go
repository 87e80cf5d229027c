//go:build etcd

package etcdtest_test

import (
	"context"
	"testing"

	"collector/cluster/etcd/etcdtest"
)

// TestDataOutliveAKill shows that a restart is a restart and not a new server.
func TestDataOutliveAKill(t *testing.T) {
	s := etcdtest.Start(t)
	if err := s.Compact(context.Background()); err != nil {
		t.Fatal(err)
	}
	s.Kill()
	if err := func() error {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		return s.Compact(ctx)
	}(); err == nil {
		t.Error("a server that was killed answers")
	}
	s.Run()
}
