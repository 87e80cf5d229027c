package stomp

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"collector/broker"
	"collector/broker/stomp/frame"
)

// Memory is what all connections together may hold of bodies and open transactions, in
// bytes, where Options say nothing.
const Memory = 32 << 20

// Options are what a server needs beside its broker. Zero values mean the defaults.
type Options struct {
	// Login returns what a user may do. An error that wraps ErrLogin refuses the user.
	// nil lets everybody do everything, with whatever login or none.
	Login func(ctx context.Context, user, password string) (Rights, error)

	Name    string           // what the server calls itself, as name/version; "collector"
	Origins []string         // hosts of pages that browsers may open a WebSocket from, beside this machine's own; "*" for all
	Log     *slog.Logger     // nobody by default
	Now     func() time.Time // the time of messages; time.Now

	Limits        frame.Limits  // of one frame after the login; frame.Defaults, with bodies that the broker takes
	Connections   int           // at most so many at once; 20,000
	Subscriptions int           // at most so many of one connection; 200
	Transactions  int           // at most so many open ones of one connection; 10
	Memory        int           // bytes of all connections together: a half for bodies that come, a half for open transactions; 32 MiB, and two bodies at least
	LoginTime     time.Duration // from the connection to the end of CONNECT; 10 s
	FrameTime     time.Duration // from the first byte of a frame to its last; 60 s
	SilentTime    time.Duration // a connection without heart-beats and subscriptions may say nothing for so long; 1 h
	WriteTime     time.Duration // a client that takes nothing of what it is sent for so long is cut off; 60 s
	Heartbeat     time.Duration // the shortest time between heart-beats, of either side; 1 s
}

// beforeLogin are the limits of the frame that opens a session.
var beforeLogin = frame.Limits{Headers: 32, Line: 4 << 10, Head: 8 << 10}

// mostPrefetch is the most that a subscription may ask for.
const mostPrefetch = 1000

func (o Options) filled() Options {
	o.Name = cmp.Or(o.Name, "collector")
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Limits == (frame.Limits{}) {
		o.Limits = frame.Defaults()
		o.Limits.Body = broker.MaxSize - 2*o.Limits.Head
	}
	o.Connections = cmp.Or(o.Connections, 20_000)
	o.Subscriptions = cmp.Or(o.Subscriptions, 200)
	o.Transactions = cmp.Or(o.Transactions, 10)
	o.Memory = max(cmp.Or(o.Memory, Memory), 2*o.Limits.Body)
	o.LoginTime = cmp.Or(o.LoginTime, 10*time.Second)
	o.FrameTime = cmp.Or(o.FrameTime, time.Minute)
	o.SilentTime = cmp.Or(o.SilentTime, time.Hour)
	o.WriteTime = cmp.Or(o.WriteTime, time.Minute)
	o.Heartbeat = cmp.Or(o.Heartbeat, time.Second)
	return o
}
