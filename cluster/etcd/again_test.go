package etcd

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"

	"collector/cluster"
)

// TestRenewalsPauseWhileNobodyAnswers: a renewal is tried again while etcd is down, and
// leaves the processor to others between two tries. What a server answers ends it.
func TestRenewalsPauseWhileNobodyAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		calls := 0
		err := again(ctx, func() error {
			if calls++; calls > 1000 {
				t.Fatal("it calls without a pause")
			}
			return errors.New("connection refused")
		})
		if !errors.Is(err, context.DeadlineExceeded) || calls < 5 || calls > 50 {
			t.Errorf("%d calls in two seconds, %v", calls, err)
		}
	})
	for _, answer := range []error{nil, cluster.ErrLeaseGone, rpctypes.ErrLeaseNotFound, rpctypes.ErrPermissionDenied, rpctypes.ErrNoLeader} {
		calls := 0
		err := again(t.Context(), func() error { calls++; return answer })
		want := answer
		if answer == rpctypes.ErrLeaseNotFound {
			want = cluster.ErrLeaseGone
		}
		if calls != 1 || !errors.Is(err, want) {
			t.Errorf("%v: %d calls, %v", answer, calls, err)
		}
	}
}
