package fetch

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"collector/limit"
)

// SettleTime is how long a met limit is tried to be stored, after the caller has given
// up too: longer than a database takes to elect another primary.
const SettleTime = 25 * time.Second

// settle ends the permit. It is done even when the caller has given up: a met
// limit must not be forgotten.
func (s *sending) settle(ctx context.Context, a *limit.Answer) error {
	_, err := s.settled(ctx, a)
	return err
}

func (s *sending) settled(ctx context.Context, a *limit.Answer) (time.Time, error) {
	if s.permit == nil {
		return time.Time{}, nil
	}
	permit := s.permit
	s.permit = nil
	asked, until, why := a.Pause()
	if asked {
		defer s.client.storing.begin()()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), SettleTime)
	defer cancel()
	end, err := s.client.cfg.Ledger.Settle(ctx, permit, a)
	if err == nil && a != nil {
		s.left = permit.Left()
	}
	if asked && err != nil {
		s.unstored(ctx, until, why, err)
	}
	return end, err
}

// unstored tells of a met limit that nobody else will know of: until when the service
// asked to be left alone is found nowhere but in this line.
func (s *sending) unstored(ctx context.Context, until time.Time, why string, err error) {
	keys := make([]string, len(s.spends))
	for i, n := range s.needs() {
		keys[i] = n.Key
	}
	told := slog.String("until", "the service named no time")
	if !until.IsZero() {
		told = slog.Time("until", until)
	}
	s.client.cfg.Log.WarnContext(ctx, "the service asked to wait, which could not be stored: whoever asks it next may do so too early; see that the store can be reached",
		"provider", s.provider, "quotas", strings.Join(keys, ", "), told, "reason", why, "err", err)
}

// Settled returns once no met limit is being stored that was when it was called: at a
// stop, before the store is closed. It takes up to SettleTime.
func (c *Client) Settled() { c.storing.wait() }

// storing is what is being stored of met limits.
type storing struct {
	mu   sync.Mutex
	open map[chan struct{}]bool
}

// begin counts one in, until what it returns is called.
func (s *storing) begin() (end func()) {
	ended := make(chan struct{})
	s.mu.Lock()
	if s.open == nil {
		s.open = map[chan struct{}]bool{}
	}
	s.open[ended] = true
	s.mu.Unlock()
	return func() {
		s.mu.Lock()
		delete(s.open, ended)
		s.mu.Unlock()
		close(ended)
	}
}

func (s *storing) wait() {
	s.mu.Lock()
	open := make([]chan struct{}, 0, len(s.open))
	for ended := range s.open {
		open = append(open, ended)
	}
	s.mu.Unlock()
	for _, ended := range open {
		<-ended
	}
}
