package main

import (
	"log/slog"
	"os"
	"sync"
	"time"

	sd "github.com/coreos/go-systemd/v22/daemon"
)

// notifier tells a service manager how it stands: systemd's sd_notify, see
// https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html. Where
// nobody asked to be told it does nothing.
type notifier struct {
	log   *slog.Logger
	every time.Duration // between two signs of life; 0: none are wanted

	mu   sync.Mutex
	last time.Time
}

func newNotifier(log *slog.Logger) *notifier {
	n := &notifier{log: log}
	limit, err := sd.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("the service manager's watchdog is not served", "err", err)
	}
	n.every = limit / 3 // one may be late
	return n
}

func (n *notifier) tell(state string) {
	if _, err := sd.SdNotify(false, state); err != nil {
		n.log.Warn("telling the service manager", "socket", os.Getenv("NOTIFY_SOCKET"), "err", err)
	}
}

func (n *notifier) ready()    { n.tell(sd.SdNotifyReady) }
func (n *notifier) stopping() { n.tell(sd.SdNotifyStopping) }

// alive is called by the loop that claims, once a tick: what is said to live is
// the loop, not the process.
func (n *notifier) alive(now time.Time) {
	n.mu.Lock()
	due := n.every > 0 && now.Sub(n.last) >= n.every
	if due {
		n.last = now
	}
	n.mu.Unlock()
	if due {
		n.tell(sd.SdNotifyWatchdog)
	}
}
