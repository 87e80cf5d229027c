package connectortest

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"collector/connectors"
	"collector/fault"
)

// checkRefuse: what is not the documented body is Malformed, never an end.
func checkRefuse(k *kit, wrong report) {
	bodies := map[string]string{
		"nothing": "", "white space": " \n", "null": "null", "text": "ok", "a number": "7", "a string": `"x"`, "true": "true",
		"a page of HTML": "<!doctype html><html><title>502 Bad Gateway</title></html>",
		"an error":       `{"error":"rate limited"}`, "another error": `{"message":"Not Found","documentation_url":"https://docs.example"}`,
		"an empty object": "{}", "a list of nulls": "[null,null]", "a list of lists": "[[],[]]", "a list of texts": `["a","b","c","d"]`,
		"nested too deep": strings.Repeat("[", 100000), "nested too deep and closed": strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
		"a byte order mark": "\ufeff[]", "two values": "[][]",
	}
	k.every(wrong, func(_ connectors.Walk, s step) {
		for _, name := range sorted(bodies) {
			r := s.reply
			r.Body = []byte(bodies[name])
			refused(k, s, r, name, wrong)
		}
		body := bytes.TrimSpace(s.reply.Body)
		for n := 1; n < len(body); n += 1 + len(body)/80 {
			r := s.reply
			r.Body = body[:n]
			refused(k, s, r, fmt.Sprintf("the first %d bytes of %d", n, len(body)), wrong)
		}
	})
}

func refused(k *kit, s step, r connectors.Reply, what string, wrong report) {
	page, err := k.c.Parse(s.q, r)
	if fault.KindOf(err) != fault.Malformed {
		wrong("%s: %s gave %d items, Next %q, error %v; want a Malformed error", s.name, what, len(page.Items), page.Next, err)
	}
}

// checkLinks: headers that point to another origin move nothing.
func checkLinks(k *kit, wrong report) {
	k.every(wrong, func(_ connectors.Walk, s step) {
		for _, evil := range []string{"https://evil.example", "http://169.254.169.254", "https://api.github.com.evil.example", "https://user@evil.example", "//evil.example"} {
			r := s.reply
			r.Header = r.Header.Clone()
			changed := false
			for name, values := range r.Header {
				for i, v := range values {
					for _, own := range origins(k) {
						if strings.Contains(v, own) {
							changed = true
							r.Header[name][i] = strings.ReplaceAll(v, own, evil)
							v = r.Header[name][i]
						}
					}
				}
			}
			if !changed {
				continue
			}
			page, err := k.c.Parse(s.q, r)
			switch {
			case err == nil && page.Next == s.page.Next && page.Resume == s.page.Resume:
			case fault.KindOf(err) != fault.Malformed:
				wrong("%s with links to %s: Next %q, Resume %q, %v; want a Malformed error", s.name, evil, page.Next, page.Resume, err)
			}
		}
		r := s.reply
		r.Header = r.Header.Clone()
		if r.Header.Get("Link") != "" {
			r.Header.Set("Link", "<https://cut.off")
			if page, err := k.c.Parse(s.q, r); fault.KindOf(err) != fault.Malformed {
				wrong("%s with half a Link header: Next %q, %v; want a Malformed error", s.name, page.Next, err)
			}
		}
	})
}

func origins(k *kit) (out []string) {
	for _, h := range k.c.Info().Hosts {
		out = append(out, "https://"+h)
	}
	if k.golden.Query.Server != "" {
		out = append(out, k.golden.Query.Server)
	}
	return out
}

// checkPure: the same arguments give the same result from any goroutine (run
// with -race), in any order, and nothing that was handed in is changed.
func checkPure(k *kit, wrong report) {
	var mu sync.Mutex
	k.every(wrong, func(_ connectors.Walk, s step) {
		given := copied(s.reply)
		page, err := k.c.Parse(s.q, given)
		if !bytes.Equal(given.Body, s.reply.Body) || !reflect.DeepEqual(given.Header, s.reply.Header) {
			wrong("%s: Parse changed the reply", s.name)
			return
		}
		for i := range page.Items { // which may be a part of it
			page.Items[i].Raw = nil
		}
		before := fmt.Sprintf("%+v", page)
		clear(given.Body) // the client uses the memory again
		if err != nil || fmt.Sprintf("%+v", page) != before {
			wrong("%s: the page points into the body of the reply (%v)", s.name, err)
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				page, err := k.c.Parse(s.q, s.reply)
				request, err2 := k.c.Request(s.q)
				mu.Lock()
				defer mu.Unlock()
				if err != nil || !reflect.DeepEqual(page, s.page) {
					wrong("%s: Parse of the same reply gave two results (%v)", s.name, err)
				}
				if err2 != nil || !reflect.DeepEqual(request, s.request) {
					wrong("%s: Request of the same place gave two results (%v)", s.name, err2)
				}
			})
		}
		wg.Wait()
		s.request.Header.Set("Accept", "scribbled")
		if again, err := k.c.Request(s.q); err == nil && again.Header.Get("Accept") == "scribbled" {
			wrong("%s: Request hands out a header that is shared", s.name)
		}
	})
}
