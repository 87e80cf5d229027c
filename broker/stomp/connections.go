package stomp

import (
	"cmp"
	"slices"
	"time"
)

// Connection is a session as whoever runs the server sees it.
type Connection struct {
	ID            string // as CONNECTED told the client
	User          string // "" where the client named none
	Version       string // of STOMP
	From          string // the address that it came from
	Since         time.Time
	Subscriptions []string // where it subscribes to, in the order of the alphabet
	InHand        int      // messages that it was given and has not acknowledged
}

// Connections are the sessions that have logged in, the oldest first and no more than most,
// and how many there are.
func (s *Server) Connections(most int) (list []Connection, all int) {
	s.mu.Lock()
	sessions := make([]*session, 0, len(s.sessions))
	for c := range s.sessions {
		sessions = append(sessions, c)
	}
	s.mu.Unlock()
	slices.SortFunc(sessions, func(x, y *session) int { return cmp.Compare(x.number, y.number) })
	for _, c := range sessions[:min(most, len(sessions))] {
		list = append(list, c.shown())
	}
	return list, len(sessions)
}

// enter has a session that has logged in be seen.
func (s *Server) enter(c *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[c] = struct{}{}
}

// leave undoes enter.
func (s *Server) leave(c *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, c)
}

// shown is the session as others see it: what is read here does not change after the login,
// or is guarded.
func (c *session) shown() Connection {
	out := Connection{ID: c.id, User: c.user, Version: c.version.String(), From: c.conn.RemoteAddr().String(), Since: c.since}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, sub := range c.subscriptions {
		out.Subscriptions = append(out.Subscriptions, sub.destination)
		out.InHand += sub.stream.InHand()
	}
	slices.Sort(out.Subscriptions)
	return out
}
