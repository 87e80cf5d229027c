package webhooks

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"golang.org/x/sync/errgroup"

	"collector/deliver/webhook"
)

// bare makes n calls by as many clients as there are workers, and returns how long they took.
func bare(ctx context.Context, r *Receiver, n int, size int64) (time.Duration, error) {
	transport := &http.Transport{MaxIdleConns: webhook.Workers, MaxIdleConnsPerHost: webhook.Workers}
	defer transport.CloseIdleConnections()
	body := bytes.Repeat([]byte("x"), int(size))
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	for range webhook.Workers {
		client := &http.Client{Transport: transport}
		group.Go(func() error {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, bytes.NewReader(body))
				if err != nil {
					return err
				}
				req.Header.Set(standardwebhooks.HeaderWebhookID, strconv.FormatInt(i, 10))
				got, err := client.Do(req)
				if err != nil {
					return fmt.Errorf("the bare loop: %w", err)
				}
				_, err = io.Copy(io.Discard, got.Body)
				if got.Body.Close(); err != nil {
					return fmt.Errorf("the bare loop: %w", err)
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	took := time.Since(began)
	return took, r.Await(ctx, n)
}
