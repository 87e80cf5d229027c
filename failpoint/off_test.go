//go:build !failpoint || !unix

package failpoint

import (
	"context"
	"testing"
)

func TestHitDoesNothingInANormalBuild(t *testing.T) {
	t.Setenv("COLLECTOR_FAILPOINT", "save=error;save=panic")
	ctx := context.Background()
	if err := Hit(ctx, "save"); err != nil {
		t.Fatalf("Hit in a normal build: %v", err)
	}
	if n := testing.AllocsPerRun(100, func() { _ = Hit(ctx, "save") }); n != 0 {
		t.Fatalf("Hit in a normal build allocates %v times", n)
	}
	if Enabled {
		t.Fatal("Enabled in a normal build")
	}
}
