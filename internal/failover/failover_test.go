package failover

import (
	"io"
	"net"
	"strconv"
	"testing"
	"time"

	"collector/simulate/faultproxy"
	"collector/store/mongo/mongotest"
)

// three is a set of servers that echo what they are sent.
func three(t *testing.T) *Set {
	t.Helper()
	s := &Set{Servers: &mongotest.Servers{}}
	for range 3 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go func() { defer c.Close(); io.Copy(c, c) }()
			}
		}()
		p, err := faultproxy.New(l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		s.Members = append(s.Members, &mongotest.Member{Port: l.Addr().(*net.TCPAddr).Port})
		s.proxies = append(s.proxies, p)
	}
	t.Cleanup(func() { s.Stop() })
	return s
}

// hello is what somebody sends first; a member names its port, as a server that takes
// commands for tests does.
func hello(from *mongotest.Member) []byte {
	if from == nil {
		return []byte("hello")
	}
	host := "host:" + strconv.Itoa(from.Port)
	return append([]byte("\x02hostInfo\x00\x00\x00\x00\x00"+host), 0)
}

// reaches opens a connection to the i-th member and says whether its answer comes; no is
// known by the connection being held.
func (s *Set) reaches(t *testing.T, from *mongotest.Member, i int) bool {
	t.Helper()
	held := s.proxies[i].Struck()
	c, err := net.Dial("tcp", s.proxies[i].Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write(hello(from)); err != nil {
		t.Fatal(err)
	}
	answered := make(chan bool, 1)
	go func() {
		_, err := c.Read(make([]byte, 1))
		answered <- err == nil
	}()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for s.proxies[i].Struck() == held {
		select {
		case ok := <-answered:
			return ok
		case <-tick.C:
		}
	}
	return false
}

// TestCuts: who is cut off from the other servers is reached by clients and by nobody
// else, and reaches no other; who is cut off from everybody is reached by nobody; the
// others reach one another, and afterwards all do.
func TestCuts(t *testing.T) {
	s := three(t)
	lost, other := s.Members[1], s.Members[2]
	for _, c := range []struct {
		name           string
		cut            func()
		client, member bool // reach who is cut off
		out            bool // it reaches others
	}{
		{"cut off from the others", func() { s.Sever(lost) }, true, false, false},
		{"together again", s.Rejoin, true, true, true},
		{"cut off", func() { s.Isolate(lost) }, false, false, false},
		{"together once more", s.Rejoin, true, true, true},
	} {
		c.cut()
		for _, r := range []struct {
			who  string
			from *mongotest.Member
			to   int
			want bool
		}{
			{"a client reaches it", nil, 1, c.client},
			{"another member reaches it", other, 1, c.member},
			{"it reaches another member", lost, 2, c.out},
			{"others reach one another", other, 0, true},
			{"clients reach the others", nil, 0, true},
		} {
			if got := s.reaches(t, r.from, r.to); got != r.want {
				t.Errorf("%s: %s: %v", c.name, r.who, got)
			}
		}
	}
}
