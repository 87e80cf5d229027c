package torture

import (
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// catcher takes connections to all addresses and remembers to which they went.
type catcher struct {
	servers []*httptest.Server
	mu      sync.Mutex
	to      map[netip.Addr]int
	moved   int // redirects that it gave
	turns   int // of them, those to a name that meanwhile means another address
}

// newCatcher listens on the ports that the spellings name. It answers as a web
// server would: with redirects where the name asks for them.
func newCatcher(t *testing.T) *catcher {
	t.Helper()
	c := &catcher{to: map[netip.Addr]int{}}
	for _, port := range []int{80, 443, 3000, 3128, 8443} {
		ln, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
		if err != nil {
			t.Fatal(err)
		}
		s := httptest.NewUnstartedServer(http.HandlerFunc(c.answer))
		s.Listener.Close()
		s.Listener = ln
		s.Config.ErrorLog = log.New(io.Discard, "", 0) // connections without a request are expected
		s.Config.ConnState = func(conn net.Conn, state http.ConnState) {
			if state != http.StateNew {
				return
			}
			if ap, err := netip.ParseAddrPort(conn.LocalAddr().String()); err == nil {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.to[ap.Addr().Unmap()]++
			}
		}
		if port == 80 || port == 3128 {
			s.Start()
		} else {
			s.StartTLS()
		}
		t.Cleanup(s.Close)
		c.servers = append(c.servers, s)
	}
	return c
}

func (c *catcher) answer(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w.Header().Set("Connection", "close") // the next call looks the name up again
	name := strings.TrimSuffix(r.Host, ".example.com")
	var at int
	switch _, err := fmt.Sscanf(name, "go%d", &at); {
	case err == nil && at < len(redirectsTo()):
		c.moved++
		http.Redirect(w, r, redirectsTo()[at], http.StatusTemporaryRedirect)
	case name == "turn":
		c.turns++
		http.Redirect(w, r, "/again", http.StatusTemporaryRedirect)
	default:
		http.Error(w, "nobody is at home", http.StatusServiceUnavailable)
	}
}

// roots writes the certificate that the program is to trust.
func (c *catcher) roots(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "roots.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.servers[1].Certificate().Raw})
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (c *catcher) reached() map[netip.Addr]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.to)
}

func (c *catcher) redirected() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.moved
}

func (c *catcher) turned() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.turns
}

// nameOf is a name that means an address.
func nameOf(ip netip.Addr) string {
	return "ip" + hex.EncodeToString(ip.AsSlice()) + ".example.com"
}

// answerNames is a name server for names of nameOf; for rebind and turn, whose
// first answer is public and all others are private; and for both, which is
// public and private at once.
func answerNames(t *testing.T) {
	t.Helper()
	socket, err := net.ListenPacket("udp4", "127.0.0.1:53")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	go func() {
		buf, asked := make([]byte, 1500), map[string]int{}
		for {
			size, from, err := socket.ReadFrom(buf)
			if err != nil {
				return // closed
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:size]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.Authoritative, m.Additionals = true, true, nil
			q := m.Questions[0]
			name := strings.ToLower(strings.TrimSuffix(q.Name.String(), ".example.com."))
			head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: dnsmessage.ClassINET}
			for _, ip := range meaning(name, q.Type, asked) {
				switch {
				case q.Type == dnsmessage.TypeA && ip.Is4():
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: ip.As4()}})
				case q.Type == dnsmessage.TypeAAAA && ip.Is6():
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AAAAResource{AAAA: ip.As16()}})
				}
			}
			if out, err := m.Pack(); err == nil {
				socket.WriteTo(out, from)
			}
		}
	}()
}

// meaning is what a name means to who asks now.
func meaning(name string, of dnsmessage.Type, asked map[string]int) []netip.Addr {
	open, shut := netip.MustParseAddr("9.9.9.9"), netip.MustParseAddr("127.0.0.1")
	if raw, err := hex.DecodeString(strings.TrimPrefix(name, "ip")); err == nil && strings.HasPrefix(name, "ip") {
		ip, _ := netip.AddrFromSlice(raw)
		return []netip.Addr{ip}
	}
	switch {
	case strings.HasPrefix(name, "go"):
		return []netip.Addr{open}
	case name == "both":
		return []netip.Addr{open, shut, netip.MustParseAddr("::1")}
	case (name == "rebind" || name == "turn") && of == dnsmessage.TypeA:
		asked[name]++
		if asked[name]%2 == 1 {
			return []netip.Addr{open}
		}
		return []netip.Addr{shut}
	}
	return nil
}
