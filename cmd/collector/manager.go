package main

import (
	"context"
	"log/slog"
	"time"

	systemd "github.com/coreos/go-systemd/v22/daemon"
)

// statusEvery is how often the manager is told how things stand.
const statusEvery = 10 * time.Second

// manager tells systemd, or whoever gave a NOTIFY_SOCKET, when the daemon is
// ready, how it fares, and that it stops (sd_notify(3)). Where nobody did, it does
// nothing.
type manager struct {
	now      func() time.Time
	log      *slog.Logger
	watchdog time.Duration // a sign of life is wanted at least so often; 0: none is
	unheard  bool          // it was logged that nothing can be told
}

func (a *app) newManager(log *slog.Logger) *manager {
	m := &manager{now: a.now, log: log}
	every, err := systemd.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("the watchdog that is asked for cannot be served", "err", err)
	}
	m.watchdog = every
	return m
}

// report tells that the daemon is ready, and goes on telling until stop is closed;
// once ctx is done, that it is stopping. A sign of life is given only while the
// scheduler's loop comes round: when that hangs, the manager ends the process, and
// its networks go to others or to the next one.
func (m *manager) report(ctx context.Context, stop <-chan struct{}, turned func() time.Time, status func() string) {
	if !m.tell(systemd.SdNotifyReady + "\nSTATUS=" + status()) {
		return
	}
	every := statusEvery
	if m.watchdog > 0 {
		every = min(every, m.watchdog/4)
	}
	t := time.NewTicker(every)
	defer t.Stop()
	stopping := ctx.Done()
	for {
		select {
		case <-stop:
			return
		case <-stopping:
			stopping = nil
			m.tell(systemd.SdNotifyStopping + "\nSTATUS=stopping: the pages in hand are finished")
		case <-t.C:
			if stopping != nil {
				m.tell("STATUS=" + status() + m.life(turned()))
			}
		}
	}
}

// life is the sign of life to give where the loop last came round at a time, ""
// where there is none to give.
func (m *manager) life(turned time.Time) string {
	if m.watchdog <= 0 {
		return ""
	}
	if late := m.now().Sub(turned); late >= m.watchdog/2 {
		m.log.Error("the scheduler hangs; the service manager gets no sign of life", "for", late.Round(time.Second))
		return ""
	}
	return "\n" + systemd.SdNotifyWatchdog
}

// tell sends one message and says whether somebody listens. That it cannot be sent
// is logged once: collecting goes on without it.
func (m *manager) tell(state string) bool {
	listens, err := systemd.SdNotify(false, state)
	if err != nil && !m.unheard {
		m.unheard = true
		m.log.Warn("the service manager cannot be told how the daemon fares", "err", err)
	}
	return listens || err != nil
}
