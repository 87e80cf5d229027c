package page

import (
	"net/url"
	"strings"
)

// Path is an address of the program's own: it begins with one slash.
type Path string

// NetworkPath is the page of one network, of its service and its account's name.
func NetworkPath(service, account string) Path {
	return Path("/accounts/" + url.PathEscape(service) + "/" + url.PathEscape(account))
}

// ServicePath is where a service is connected.
func ServicePath(service string) Path { return Path("/connect/" + url.PathEscape(service)) }

// SearchPath is the likes that match a query.
func SearchPath(query string) Path {
	if query == "" {
		return "/"
	}
	return Path("/?q=" + url.QueryEscape(query))
}

// local is the path if it stays here, "#" if it does not: "//host" and "/\host" leave.
func local(p Path) string {
	s := string(p)
	if strings.HasPrefix(s, "#") {
		return s
	}
	if !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.ContainsAny(s, "\\\t\n\r") {
		return "#"
	}
	return s
}

// outward is the address of a service if it is one that may be followed: absolute, by
// http or https, without a name or password in it. "" otherwise: what was to be a
// link is then text.
func outward(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return ""
	}
	return address
}
