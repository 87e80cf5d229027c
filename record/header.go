package record

import (
	"net/http"
	"regexp"
	"strings"
)

var (
	// Headers that are kept. What a quota's report is called is always among them.
	protocol = regexp.MustCompile(`(?i)^(content-type|date|last-modified|retry-after|cache-control|etag|link|www-authenticate|x-(accepted-)?oauth-scopes|x-total-count|x-github-(media-type|api-version-selected)|(x-)?rate-?limit.*)$`)
	// What such a header is made of.
	valued = regexp.MustCompile(`^[\w "=;,.:/()+*-]{0,200}$`)
	// The reason in a challenge (RFC 6750, section 3), the one part that is no text.
	reasoned = regexp.MustCompile(`^(\w+)(?:.*?(error="[a-z_]+"))?`)
	target   = regexp.MustCompile(`<[^>]*>`)
)

// header is what stands for the headers of a reply. What is not known to be needed is
// left out: cookies, ids of the call, names of machines.
func (d *disguise) header(h http.Header) http.Header {
	out := http.Header{}
	for name, values := range h {
		if !protocol.MatchString(name) {
			continue
		}
		for _, v := range values {
			if v = d.value(strings.ToLower(name), v); v != "" {
				out.Add(name, v)
			}
		}
	}
	return out
}

func (d *disguise) value(name, v string) string {
	switch name {
	case "link":
		return target.ReplaceAllStringFunc(v, func(link string) string {
			return "<" + d.link(link[1:len(link)-1]) + ">"
		})
	case "etag":
		weak, tag, _ := strings.Cut(v, `"`)
		return weak + `"` + d.name(strings.TrimSuffix(tag, `"`)) + `"`
	case "www-authenticate":
		return strings.TrimSpace(strings.Join(reasoned.FindStringSubmatch(v)[1:], " "))
	}
	if !valued.MatchString(v) {
		return ""
	}
	return v
}

// link is what stands for the target of a link, which may be a path alone.
func (d *disguise) link(s string) string {
	if strings.Contains(s, "://") {
		return d.address(s)
	}
	const nowhere = "https://host.invalid"
	return strings.TrimPrefix(d.address(nowhere+s), "https://"+d.host("host.invalid"))
}
