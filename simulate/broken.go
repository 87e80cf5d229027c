package simulate

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// broken answers a call whose fault comes before the service looks at it. Such
// a call costs no quota.
func (s *Sim) broken(c *call, sh shape, faults []*Fault) *reply {
	for _, f := range faults {
		switch f.Kind {
		case Limit, Secondary:
			return s.limit(c, sh, f)
		case Status:
			return page(cmp.Or(f.Status, http.StatusServiceUnavailable), f.Body)
		case Hang:
			return &reply{header: http.Header{}, bare: true, abort: true, stream: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }}
		case Reset:
			return &reply{header: http.Header{}, bare: true, abort: true}
		case Unauthorized:
			return sh.denied("")
		case Revoked, Expired:
			if c.account != nil {
				do := s.Revoke
				if f.Kind == Expired {
					do = s.Expire
				}
				_ = do(c.account.key) // the account exists: it is in hand
			}
		case Redirect:
			rep := empty(cmp.Or(f.Status, http.StatusFound))
			rep.header.Set("Location", f.To)
			if f.To == "" {
				rep.header.Set("Location", s.Foreign()+c.r.URL.Path)
			}
			return rep
		case EndlessHeaders:
			return &reply{header: http.Header{}, bare: true, stream: endlessHeaders}
		}
	}
	return nil
}

// limit answers 429 or GitHub's 403, and bars the caller for the time it names.
func (s *Sim) limit(c *call, sh shape, f *Fault) *reply {
	wait := f.Wait
	if wait <= 0 {
		wait = time.Minute
	}
	now := s.Now()
	until := now.Add(wait)
	rep := sh.limited(c, &window{Window{End: until, Limit: 1, Used: 1}})
	rep.bare = true
	rep.header.Del("Retry-After")
	for name := range rep.header {
		if l := strings.ToLower(name); strings.Contains(l, "ratelimit") {
			delete(rep.header, name)
		}
	}
	rep.status = http.StatusTooManyRequests
	if f.Kind == Secondary {
		rep = jsonReply(cmp.Or(f.Status, http.StatusForbidden), map[string]string{
			"message":           "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
			"documentation_url": "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api",
		})
	}
	switch f.Retry {
	case "date":
		until = ceil(until)
		rep.header.Set("Retry-After", until.Format(http.TimeFormat))
	case "decimal":
		rep.header.Set("Retry-After", fmt.Sprintf("%.1f", wait.Seconds()))
	case "none":
	case "negative":
		rep.header.Set("Retry-After", "-5")
	case "garbage":
		rep.header.Set("Retry-After", "soon")
	case "zero":
		rep.header.Set("Retry-After", "0")
	default:
		rep.header.Set("Retry-After", fmt.Sprint(int64((wait+time.Second-1)/time.Second)))
	}
	s.mu.Lock()
	s.block(c.callerKey(), until, "a "+f.Kind+" said so")
	s.mu.Unlock()
	return rep
}

// ceil rounds up to a whole second.
func ceil(t time.Time) time.Time {
	if r := t.Truncate(time.Second); r.Before(t) {
		return r.Add(time.Second)
	}
	return t
}

// page is an error page of a proxy, or the service's own words.
func page(status int, body string) *reply {
	text := http.StatusText(status)
	rep := empty(status)
	rep.bare = true
	if body != "" {
		rep.header.Set("Content-Type", "application/json; charset=utf-8")
		rep.body = []byte(body)
		return rep
	}
	rep.header.Set("Content-Type", "text/html")
	rep.body = fmt.Appendf(nil, "<html>\r\n<head><title>%d %s</title></head>\r\n<body><center><h1>%d %s</h1></center><hr></body>\r\n</html>\r\n", status, text, status, text)
	return rep
}

// endlessHeaders writes headers until the caller has enough. Where there is no
// connection to write to, two megabytes have to do.
func endlessHeaders(w http.ResponseWriter, r *http.Request) {
	line := strings.Repeat("x", 1000)
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		for i := range 2000 {
			w.Header().Set(fmt.Sprintf("X-Endless-%d", i), line)
		}
		w.WriteHeader(http.StatusOK)
		return
	}
	conn, _, err := hijacker.Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	_, err = fmt.Fprint(conn, "HTTP/1.1 200 OK\r\n")
	for i := 0; err == nil && r.Context().Err() == nil; i++ {
		_, err = fmt.Fprintf(conn, "X-Endless-%d: %s\r\n", i, line)
	}
}

// Foreign returns the origin of the server that must never be called.
func (s *Sim) Foreign() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.elsewhere
}
