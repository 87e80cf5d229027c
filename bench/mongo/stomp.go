package mongo

import (
	"context"
	"path/filepath"
	"time"

	"collector/bench/figure"
	"collector/bench/process"
	"collector/bench/stomp"
)

// frames measures the STOMP server over MongoDB beside RabbitMQ. The CPU time of the
// database server counts, since RabbitMQ keeps its messages itself.
func frames(ctx context.Context, r figure.Run, s *server) ([]figure.Figure, error) {
	at := s.URI("stomp")
	database := func() (time.Duration, error) { return process.CPU(s.Members[0].PID()) }
	r.Dir = filepath.Join(r.Dir, "stomp")
	return stomp.Compare(ctx, r, []stomp.Way{
		{Name: "stomp/mongo/posted", Store: at, W1: true, Persistent: true, Messages: 20_000, Database: database, Ours: "no receipts, acknowledged by the primary (w:1)", Theirs: "persistent without confirms"},
		{Name: "stomp/mongo/receipts", Store: at, Persistent: true, Receipts: true, Messages: 10_000, Database: database, Ours: "a receipt each, on the disks of the majority", Theirs: "persistent with confirms"},
	})
}
