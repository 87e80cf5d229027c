package connectortest

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"collector/connectors"
)

// checkInfo: complete, constant, and not shared memory that a caller may change.
func checkInfo(k *kit, wrong report) {
	i := k.c.Info()
	name := regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	if k.folder != "" && i.Name != k.folder {
		wrong("Name is %q, the folder %q", i.Name, k.folder)
	}
	if !name.MatchString(i.Name) || !name.MatchString(i.Provider) {
		wrong("Name %q or Provider %q is not lower case with hyphens", i.Name, i.Provider)
	}
	for what, s := range map[string]string{"Title": i.Title, "Likes": i.Likes, "Connect": i.Connect} {
		if strings.TrimSpace(s) == "" {
			wrong("%s is empty", what)
		}
	}
	if !strings.HasPrefix(i.Docs, "https://") {
		wrong("Docs is %q, want an https address", i.Docs)
	}
	if i.PageSize < 1 || i.PollPageSize < 0 || i.PollPageSize > i.PageSize {
		wrong("PageSize %d and PollPageSize %d do not fit", i.PageSize, i.PollPageSize)
	}
	if i.PollMin <= 0 || i.PollMax < i.PollMin {
		wrong("PollMin %v and PollMax %v do not fit", i.PollMin, i.PollMax)
	}
	if i.EmptyPages < 0 || i.Window < 0 {
		wrong("EmptyPages %d or Window %d is negative", i.EmptyPages, i.Window)
	}
	if len(i.Limits) == 0 {
		wrong("Limits is empty: every service has something that it cannot show")
	}
	if len(i.Hosts) == 0 && !i.Servers {
		wrong("neither Hosts nor Servers: there is nowhere to ask")
	}
	for _, h := range i.Hosts {
		if h == "" || strings.ContainsAny(h, "/:@ ") || strings.ToLower(h) != h {
			wrong("host %q is not a bare name in lower case", h)
		}
	}
	if u, err := url.Parse(i.Server); i.Server != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.Path != "" || !i.Servers) {
		wrong("Server %q is not an https origin, or no server may be named", i.Server)
	}
	if i.Poll == connectors.PollNewest && i.Order != connectors.ByLikeTime {
		wrong("a newest-first poll of a list without order stops too early")
	}
	if _, hydrates := k.c.(connectors.Hydrator); hydrates != (i.DetailsPerCall > 0) {
		wrong("DetailsPerCall is %d, Hydrator is implemented: %v", i.DetailsPerCall, hydrates)
	}
	if i.Auth.Placed && i.Auth.Header != "" {
		wrong("the secret goes into the header %s and to where the requests place it: it must be one", i.Auth.Header)
	}
	if i.Auth.Password && !i.Auth.Placed {
		wrong("a password signs each call, and the requests do not place it")
	}
	for _, s := range i.Auth.Scopes {
		if s.Name == "" || s.Why == "" {
			wrong("scope %q does not say why", s.Name)
		}
	}
	for _, p := range i.Params {
		if p.Name == "" || p.Help == "" {
			wrong("param %q has no help", p.Name)
		}
	}
	checkQuotas(i, wrong)
	before := fmt.Sprintf("%+v", i)
	scribble(k.c.Info())
	if fmt.Sprintf("%+v", k.c.Info()) != before {
		wrong("Info is not constant, or hands out memory that a caller may change")
	}
}

func checkQuotas(i connectors.Info, wrong report) {
	names, money := map[string]bool{}, false
	if len(i.Quotas) == 0 {
		wrong("no Quotas: a service that says nothing still needs a careful guess")
	}
	for _, q := range i.Quotas {
		if q.Name == "" || names[q.Name] || q.Unit == "" || q.N < 1 || q.Per <= 0 || q.Parallel < 0 || q.Rate < 0 || q.Burst < 0 {
			wrong("quota %q is incomplete or named twice", q.Name)
		}
		names[q.Name] = true
		if q.Unit == connectors.Mills {
			money = true
			if q.Calendar != connectors.MonthUTC || q.Report != (connectors.Report{}) {
				wrong("quota %q: a budget begins with the month, and no reply tells of it", q.Name)
			}
		}
		if r := q.Report; (r.Remaining == "") != (r.Limit == "") && (r.Remaining == "" || r.Used == "") {
			wrong("quota %q: a remainder tells something only beside its limit or what is used", q.Name)
		}
	}
	if money != (i.Price > 0) {
		wrong("Price is %d, there is a quota of money: %v", i.Price, money)
	}
}

// scribble writes into all slices of an Info.
func scribble(i connectors.Info) {
	for n := range i.Hosts {
		i.Hosts[n] = "scribbled"
	}
	for n := range i.Quotas {
		i.Quotas[n].Name = "scribbled"
	}
	for n := range i.Limits {
		i.Limits[n] = "scribbled"
	}
	for n := range i.Auth.Scopes {
		i.Auth.Scopes[n].Name = "scribbled"
	}
	for n := range i.Params {
		i.Params[n].Name = "scribbled"
	}
}
