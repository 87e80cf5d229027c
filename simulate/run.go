package simulate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Listen says on which ports of loopback a Sim serves; 0 is any free one.
type Listen struct {
	Sites   map[string]int // by name of the service
	Control int
}

// Running is a Sim that listens.
type Running struct {
	*Sim
	// URLs are the origins of the services: "http://127.0.0.1:40123" by name.
	URLs map[string]string
	// Control is the origin of the control API; see Control.
	Control string

	servers []*http.Server
	done    sync.WaitGroup
	conns   sync.Mutex
	open    map[string]bool // connections to the services, by the caller's address
}

// Serve lets a Sim listen on loopback, and nowhere else, until ctx ends or
// Close is called. An error names the port that could not be had.
func Serve(ctx context.Context, s *Sim, l Listen) (*Running, error) {
	r := &Running{Sim: s, URLs: map[string]string{}, open: map[string]bool{}}
	type server struct {
		port    int
		name    string
		handler http.Handler
	}
	all := []server{{0, "elsewhere", s.Elsewhere()}, {l.Control, "control", s.Control()}}
	for _, at := range s.sites {
		all = append(all, server{l.Sites[at.name], at.name, s.Handler(at.name)})
	}
	for _, one := range all {
		ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", fmt.Sprint(one.port)))
		if err != nil {
			r.Close()
			return nil, fmt.Errorf("starting the simulated %s: %w", one.name, err)
		}
		origin := "http://" + ln.Addr().String()
		switch one.name {
		case "control":
			r.Control = origin
		case "elsewhere":
			s.setElsewhere(origin)
		default:
			r.URLs[one.name] = origin
			s.AddHost(ln.Addr().String(), one.name)
		}
		srv := &http.Server{Handler: one.handler, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 1 << 20}
		if r.URLs[one.name] != "" {
			srv.ConnState = r.keep
		}
		r.servers = append(r.servers, srv)
		r.done.Go(func() {
			if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
				ln.Close() // nobody will accept any more: callers are refused, not kept waiting
			}
		})
	}
	context.AfterFunc(ctx, r.Close)
	return r, nil
}

// Close ends all servers and their connections at once, as a crash would.
func (r *Running) Close() {
	for _, srv := range r.servers {
		srv.Close()
	}
	r.done.Wait()
}

func (s *Sim) setElsewhere(origin string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.elsewhere = origin
}

// AddHost lets a service be reached under one more name, host[:port]: that of a
// proxy before it, for example.
func (s *Sim) AddHost(host, service string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hosts[host] = service
}
