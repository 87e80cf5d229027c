package control

import (
	"context"
	"strings"
	"time"

	"collector/connectors"
	"collector/control/words"
	"collector/limit"
)

// Service is what can be collected: all that a person has to know of it.
type Service struct {
	Name       string         `json:"name"`
	Title      string         `json:"title"`
	Provider   string         `json:"provider"`
	Likes      string         `json:"likes"` // what one like is called, plural
	Docs       string         `json:"docs"`
	Connect    string         `json:"connect"` // how to get a credential
	Scopes     []Scope        `json:"scopes"`
	Hosts      []string       `json:"hosts"`
	Server     string         `json:"server"`         // the default, where another can be named
	AnyServer  bool           `json:"anyServer"`      // a user may name a server of his own
	Params     []Param        `json:"params"`         // settings of a network beyond its account
	Quotas     []ServiceQuota `json:"quotas"`         // beside money
	PageSize   int            `json:"pageSize"`       // the most items that the service gives at once
	Window     int            `json:"window"`         // how many likes it shows at most; 0 all
	PollMin    int            `json:"pollMin"`        // shortest time between two polls, in seconds
	PollMax    int            `json:"pollMax"`        // longest, in seconds
	CannotShow []string       `json:"cannotShow"`     // one sentence each
	Price      *Price         `json:"price"`          // null where it charges nothing
	Spent      string         `json:"spent,omitzero"` // what the month has cost so far, in words
}

// Scope is a permission that a credential needs.
type Scope struct {
	Name string `json:"name"`
	Why  string `json:"why"` // what fails without it
}

// Param is a setting of a network.
type Param struct {
	Name     string `json:"name"`
	Help     string `json:"help"`
	Required bool   `json:"required"`
}

// ServiceQuota is what a service allows.
type ServiceQuota struct {
	Name   string `json:"name"`
	N      int    `json:"n"`
	Unit   string `json:"unit"`
	Per    int    `json:"seconds"` // length of its window
	Shared string `json:"shared"`  // by whom, in words
}

// Services lists what this program can collect, of that what NamedService finds; "" is all.
func (p *Panel) Services(query string) []Service {
	out := make([]Service, 0, len(p.Connectors))
	for _, c := range p.Connectors {
		if in := c.Info(); NamedService(in, query) {
			out = append(out, p.service(in))
		}
	}
	return out
}

// NamedService says whether a service has all words that are looked for in its names, or in what
// its likes are called.
func NamedService(in connectors.Info, query string) bool {
	text := strings.ToLower(strings.Join([]string{in.Name, in.Provider, in.Title, in.Likes}, " "))
	for _, w := range strings.Fields(strings.ToLower(query)) {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// Service is one of them, with what it costs.
func (p *Panel) Service(ctx context.Context, name string, now time.Time) (Service, error) {
	c, ok := p.Offered(name)
	if !ok {
		return Service{}, p.noService(name)
	}
	in := c.Info()
	var rows map[string]limit.Row
	if in.Price > 0 {
		var err error
		if rows, err = LedgerOf(ctx, p.Store, in); err != nil {
			return Service{}, err
		}
	}
	return p.ServiceWith(in, rows, now), nil
}

// ServiceWith is a service with what it costs, from the rows of its quotas.
func (p *Panel) ServiceWith(in connectors.Info, rows map[string]limit.Row, now time.Time) Service {
	out := p.service(in)
	if in.Price > 0 {
		price := p.Price(in, rows)
		out.Price, out.Spent = &price, Spent(in, rows, now)
	}
	return out
}

// noService is NoService among all.
func (p *Panel) noService(name string) error {
	var known []string
	for _, c := range p.Connectors {
		known = append(known, c.Info().Name)
	}
	return NoService(name, known)
}

// NoService says that there is no such service among those that are known, and suggests a near name.
func NoService(name string, known []string) error {
	next := "collector connectors   lists all services"
	if near := words.Nearest(name, known); near != "" {
		next = "did you mean \"" + near + "\"? `collector connectors` lists all services"
	}
	return you(Unknown, next, "there is no service %q", words.Plain(name))
}

// ServiceNamed returns the connector of a service, or a Problem with a near name.
func (p *Panel) ServiceNamed(name string) (connectors.Connector, error) {
	if c, ok := p.Offered(name); ok {
		return c, nil
	}
	return nil, p.noService(name)
}

func (p *Panel) service(in connectors.Info) Service {
	out := Service{
		Name: in.Name, Title: in.Title, Provider: in.Provider, Likes: in.Likes, Docs: in.Docs, Connect: in.Connect,
		Scopes: []Scope{}, Hosts: some(in.Hosts), Server: in.Server, AnyServer: in.Servers, Params: []Param{}, Quotas: []ServiceQuota{},
		PageSize: in.PageSize, Window: in.Window, CannotShow: some(in.Limits),
	}
	if p.Polls != nil {
		low, high := p.Polls(in.Name)
		out.PollMin, out.PollMax = int(low.Seconds()), int(high.Seconds())
	}
	for _, s := range in.Auth.Scopes {
		out.Scopes = append(out.Scopes, Scope{s.Name, s.Why})
	}
	for _, s := range in.Params {
		out.Params = append(out.Params, Param{s.Name, s.Help, s.Required})
	}
	for _, q := range in.Quotas {
		if q.Unit == connectors.Mills {
			continue // the price says it
		}
		unit := q.Unit
		if unit == "" {
			unit = "calls"
		}
		out.Quotas = append(out.Quotas, ServiceQuota{q.Name, q.N, unit, int(q.Per.Seconds()), Shared(q.Scope)})
	}
	if in.Price > 0 && p.Budget != nil {
		price := p.Price(in, map[string]limit.Row{})
		out.Price = &price
	}
	return out
}

// Shared says who shares a quota.
func Shared(s connectors.Scoping) string {
	switch s {
	case connectors.PerApp:
		return "shared by all accounts"
	case connectors.PerHost:
		return "shared by all accounts of one server"
	case connectors.PerAddress:
		return "shared by all accounts of one server, for this machine's address"
	case connectors.PerAccount:
	}
	return "for each account"
}
