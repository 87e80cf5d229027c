package sqlite_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"collector/queue"
)

// benchBatch is as many jobs as a Master claims at once.
const benchBatch = 250

var benchData = make([]byte, 200)

// BenchmarkMaster runs jobs that do nothing through a Master, to the last outcome; each
// iteration is a batch. What the store alone does is measured by bench/jobs.
func BenchmarkMaster(b *testing.B) {
	s := store(b, open(b, filepath.Join(b.TempDir(), "jobs.db"), 0))
	m, err := queue.New(queue.Config{Store: s, Workers: 16, KeepAlive: -1, Prefetch: benchBatch, Handlers: []queue.Handler{
		{Kind: "work", Do: func(context.Context, *queue.Task) error { return nil }},
	}})
	if err != nil {
		b.Fatal(err)
	}
	for n := range b.N {
		jobs := make([]queue.Job, benchBatch)
		for i := range jobs {
			jobs[i] = queue.Job{ID: fmt.Sprintf("%d-%03d", n, i), Kind: "work", Data: benchData}
		}
		if err := m.Add(b.Context(), jobs...); err != nil {
			b.Fatal(err)
		}
	}
	ended := make(chan error, 1)
	b.ResetTimer()
	go func() { ended <- m.Run(context.Background()) }()
	for {
		all, err := s.Stats(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if all[0].Completed == int64(b.N*benchBatch) {
			break
		}
		tick := time.NewTimer(time.Millisecond)
		<-tick.C
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N*benchBatch)/b.Elapsed().Seconds(), "jobs/s")
	if err := m.Stop(context.Background()); err != nil {
		b.Error(err)
	}
	if err := <-ended; err != nil {
		b.Error(err)
	}
}
