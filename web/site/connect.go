package site

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"collector/connectors"
	"collector/control"
	"collector/grant"
	"collector/limit"
	"collector/web/page"
	pagewords "collector/web/page/words"
)

// connecting shows what can be connected, and connects it.
func (s *site) connecting() []route {
	return []route{
		{"GET /connect", grant.Read, (*visit).seeServices},
		{"GET /connect/{service}", grant.Read, (*visit).seeConnect},
		{"POST /connect/{service}", grant.Write, (*visit).connect},
	}
}

// The groups of services, by the trouble that they ask for.
const (
	byToken = iota
	byPassword
	byApp
	byMoney
)

func serviceGroups() []page.ServiceGroup {
	return []page.ServiceGroup{
		byToken:    {Title: "A token is enough", Remark: "made in the settings of the service, and pasted here"},
		byPassword: {Title: "A name and a password of their own", Remark: "an app password where the service has them"},
		byApp:      {Title: "Need an app of your own first", Remark: "the service wants to know who asks"},
		byMoney:    {Title: "Cost money", Remark: "the service charges for what is read; a month has a limit"},
	}
}

// groupOf is the group of a service. That an app is needed is in what it says of its
// credentials alone.
func groupOf(in connectors.Info) int {
	switch {
	case in.Price > 0:
		return byMoney
	case withPassword(in):
		return byPassword
	case strings.Contains(in.Connect, "clientId"):
		return byApp
	}
	return byToken
}

// withPassword says that a service is signed in to by a name and a password.
func withPassword(in connectors.Info) bool { return in.Auth.Session || in.Auth.Password }

func (v *visit) seeServices() error {
	f, err := v.frame("Connect a service", page.OnAccounts)
	if err != nil {
		return err
	}
	have, err := v.connected()
	if err != nil {
		return err
	}
	p := page.Connect{Frame: f, Query: strings.TrimSpace(v.r.URL.Query().Get("q")), Groups: serviceGroups()}
	p.Twins = v.as("/connect.json", "", url.Values{"q": {p.Query}})
	for _, c := range v.Panel.Connectors {
		in := c.Info()
		if !control.NamedService(in, p.Query) {
			continue
		}
		card := v.card(in)
		card.Have = have[in.Name]
		g := &p.Groups[groupOf(in)]
		g.Services = append(g.Services, card)
	}
	return v.show(http.StatusOK, p)
}

// connected is how many accounts of each service are connected.
func (v *visit) connected() (map[string]int, error) {
	have := map[string]int{}
	if v.whose() == "" {
		t, err := v.Panel.Store.Tally(v.ctx(), v.now)
		for _, s := range t.States {
			have[s.Service] += s.Networks
		}
		return have, err
	}
	own, _, err := v.own()
	for _, n := range own {
		have[n.Service]++
	}
	return have, err
}

func (s *site) card(in connectors.Info) page.ServiceCard {
	c := page.ServiceCard{Service: s.service(in.Name), Shows: "All of them", How: "A token", Icon: "key"}
	if !strings.Contains(in.Title, in.Likes) {
		c.What = pagewords.First(in.Likes)
	}
	if in.Window > 0 {
		c.Shows = "The newest " + pagewords.Number(in.Window) + " only"
	}
	switch groupOf(in) {
	case byPassword:
		c.How, c.Icon = "A name and a password", "lock"
	case byApp:
		c.How, c.Icon = "An app of your own", "person"
	case byMoney:
		c.How, c.Icon = "An app of your own", "person"
		c.Price = limit.Dollars(in.Price) + " for each that is read"
	}
	return c
}

// flags are what the texts of a service say for the command line.
var flags = regexp.MustCompile(` with --(server|param)( https://your\.server| [a-z]+=[A-Z]+)?`)

// forForm is a text of a service, such as how to get a credential, for who reads it beside a form.
func forForm(text string) string { return flags.ReplaceAllString(text, " below") }

// seeConnect is the page of one service: before a sign-in, or once it was connected, of the
// account that the address names.
func (v *visit) seeConnect() error {
	c, err := v.Panel.ServiceNamed(v.r.PathValue("service"))
	if err != nil {
		return err
	}
	p, err := v.connectPage(c.Info())
	if err != nil {
		return err
	}
	if account := v.r.URL.Query().Get("account"); account != "" {
		if err := v.started(&p, c.Info(), account); err != nil {
			return err
		}
	}
	return v.show(http.StatusOK, p)
}

// connectPage is the first step, with what can be done here.
func (v *visit) connectPage(in connectors.Info) (page.ConnectService, error) {
	f, err := v.frame("Connect "+in.Title, page.OnAccounts)
	if err != nil {
		return page.ConnectService{}, err
	}
	at := v.service(in.Name)
	at.Title = control.AtService(in)
	p := page.ConnectService{
		Frame: f, Service: at, Title: in.Title, Step: page.SigningIn,
		Checks: v.checks(control.Unchecked(in, "")),
		Start:  pagewords.Plain("What you liked is read from the newest on, and can be searched as it comes."),
		Back:   "Taking it back: disconnect it under Accounts, and revoke it in your settings at the service.",
	}
	p.Asks = append(p.Asks, page.Ask{Icon: "check", Text: "Your " + in.Likes + " are read, and nothing else"})
	for _, s := range in.Auth.Scopes {
		p.Asks = append(p.Asks, page.Ask{Icon: "check", Text: s.Name + ": " + s.Why})
	}
	p.Asks = append(p.Asks, page.Ask{Icon: "lock", Text: "What you give is kept sealed, and only here"}, page.Ask{Icon: "x", Text: "Nothing is ever changed at the service", Not: true})
	if in.Price > 0 {
		rows, err := control.LedgerOf(v.ctx(), v.Panel.Store, in)
		if err != nil {
			return p, err
		}
		price := v.Panel.Price(in, rows)
		p.Start = pagewords.Plain(in.Title + " charges " + limit.Dollars(price.Each) + " for each that is read, the history too; a month may cost " + limit.Dollars(price.Most) + ", and never more (" + price.By + "). ").And(p.Start)
	}
	for _, l := range in.Limits {
		p.Asks = append(p.Asks, page.Ask{Icon: "alert", Text: forForm(l), Not: true})
	}
	switch {
	case v.Panel.Simulated:
		p.Note = &page.Note{Tone: page.Wait, Icon: "flask", What: pagewords.Plain("All data here is made up, so nothing real is connected.")}
	case !v.who.May(grant.Write):
		p.Note = &page.Note{Tone: page.Remark, Icon: "lock", What: pagewords.Plain("You may look here, and not connect anything.")}
	case v.SignIn.Whose == nil || v.SignIn.Keep == nil:
		p.Note = &page.Note{Tone: page.Remark, Icon: "key", What: pagewords.Plain(in.Connect+" Then run ").And(pagewords.Code("collector connect "+in.Name), pagewords.Plain(" on the machine."))}
	default:
		p.Ways = []page.Way{v.way(in)}
	}
	return p, nil
}
