package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"

	"collector/broker"
	"collector/broker/stomp"
)

// offerStomp opens what is configured, and ends it when the function that it returns is
// called. A daemon that makes one pass offers nothing, nor does one without a broker.
func (a *app) offerStomp(ctx context.Context, how collecting, b *broker.Broker, log *slog.Logger) (end func(), err error) {
	if how.once || b == nil {
		return func() {}, nil
	}
	ports, err := a.listenStomp(log)
	if ports == nil || err != nil {
		return func() {}, err
	}
	return ports.serve(ctx, b), nil
}

// stompPorts are the listeners of the STOMP server. They are opened before the daemon
// does anything, so that a port that is taken is said at once.
type stompPorts struct {
	options   stomp.Options
	streams   []net.Listener
	webs      []net.Listener
	encrypted map[net.Listener]bool
	limit     func(connections int) // told how many there are
	offered   func(*stomp.Server)   // told the server that answers there
}

// listenStomp opens what is configured; it returns nil where nothing is.
func (a *app) listenStomp(log *slog.Logger) (p *stompPorts, err error) {
	c := a.conf.Stomp
	if !c.Offered() {
		return nil, nil
	}
	p = &stompPorts{
		options:   stomp.Options{Name: "collector/" + version, Origins: c.StompOrigins, Log: log, Now: a.now},
		encrypted: map[net.Listener]bool{},
		offered: func(s *stomp.Server) {
			if a.programs != nil {
				a.programs.Store(s)
			}
		},
		limit: func(connections int) { a.limitMemory(broking{open: true, connections: connections}) },
	}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	if p.options.Login, err = a.stompLogin(); err != nil {
		return p, err
	}
	// No session tickets: a session here lasts, so none is resumed; and clients that read in one thread
	// and write in another, as those in Python do, lose what they write while a ticket comes.
	// See https://github.com/python/cpython/issues/77271.
	secret := &tls.Config{MinVersion: tls.VersionTLS12, SessionTicketsDisabled: true}
	if c.StompCertFile != "" {
		pair, err := tls.LoadX509KeyPair(c.StompCertFile, c.StompKeyFile)
		if err != nil {
			return p, you(exitConfig, "mend COLLECTOR_STOMP_CERT_FILE and COLLECTOR_STOMP_KEY_FILE", "reading the certificate for STOMP: %w", err)
		}
		secret.Certificates = []tls.Certificate{pair}
	}
	for _, l := range []struct {
		address string
		tls     bool
		into    *[]net.Listener
	}{{c.Stomp, false, &p.streams}, {c.StompTLS, true, &p.streams}, {c.StompWS, false, &p.webs}, {c.StompWSS, true, &p.webs}} {
		if l.address == "" {
			continue
		}
		ln, err := net.Listen("tcp", l.address)
		if err != nil {
			return p, you(exitConfig, "name another address, or end the program that has this one", "listening for STOMP: %w", err)
		}
		if l.tls {
			ln = tls.NewListener(ln, secret)
		}
		p.encrypted[ln] = l.tls
		*l.into = append(*l.into, ln)
	}
	return p, nil
}

// stompLogin reads the users; nil where there are none, and then only this machine is
// listened to.
func (a *app) stompLogin() (func(context.Context, string, string) (stomp.Rights, error), error) {
	c := a.conf.Stomp
	text, from := c.StompUsers.Reveal(), "COLLECTOR_STOMP_USERS"
	if c.StompUsersFile != "" {
		from = "COLLECTOR_STOMP_USERS_FILE"
		b, err := os.ReadFile(c.StompUsersFile)
		if err != nil {
			return nil, you(exitConfig, "mend "+from, "reading the users of STOMP: %w", err)
		}
		text = string(b)
	} else if c.StompUsers.Empty() {
		return nil, nil
	}
	users, err := stomp.ParseUsers(text)
	if err != nil {
		return nil, you(exitConfig, "mend "+from, "reading the users of STOMP: %w", err)
	}
	return users.Login, nil
}

func (p *stompPorts) close() {
	for ln := range p.encrypted {
		_ = ln.Close() // nothing was accepted
	}
}

// serve answers on the ports until the function that it returns is called, which ends the sessions.
func (p *stompPorts) serve(ctx context.Context, b *broker.Broker) (stop func()) {
	log := p.options.Log
	server := stomp.New(b, p.options)
	p.offered(server)
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var work sync.WaitGroup
	start := func(ln net.Listener, kind string, serve func(context.Context, net.Listener) error) {
		log.Info("STOMP is offered", "address", ln.Addr().String(), "over", kind, "tls", p.encrypted[ln], "login", p.options.Login != nil)
		if host, _, err := net.SplitHostPort(ln.Addr().String()); err == nil && !stomp.Loopback(host) && !p.encrypted[ln] {
			log.Warn("STOMP passwords and messages cross the network as they are: use stomp_tls or stomp_wss where others can listen", "address", ln.Addr().String())
		}
		work.Go(func() {
			if err := serve(ctx, ln); err != nil && !errors.Is(err, context.Canceled) {
				log.Error("STOMP ended", "err", fmt.Errorf("%s: %w", ln.Addr(), err))
			}
		})
	}
	for _, ln := range p.streams {
		start(ln, "TCP", server.Serve)
	}
	for _, ln := range p.webs {
		start(ln, "WebSocket", server.ServeWebSocket)
	}
	work.Go(func() { followConnections(ctx, server.Open, p.limit) })
	return func() {
		cancel()
		work.Wait()
	}
}
