package site

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"collector/auth"
	"collector/connectors"
	"collector/control"
	"collector/control/words"
	"collector/fault"
	"collector/web"
	"collector/web/page"
	pagewords "collector/web/page/words"
)

// askFor is how long a service may take to say whose a credential is.
const askFor = 30 * time.Second

// paramField begins the name of the field of a setting.
const paramField = "param-"

// way is the form of a service, with what was entered but secrets.
func (v *visit) way(in connectors.Info) page.Way {
	form := v.r.PostForm
	w := page.Way{ID: "token", Title: "Paste a token", To: page.ServicePath(in.Name), Button: "Check and connect", Intro: pagewords.Plain(forForm(in.Connect))}
	if in.Servers {
		server := page.Field{Name: "server", Label: "Server", Kind: page.URLField, Value: form.Get("server"), Hint: "https://your.server", Help: "Where your account is.", Required: in.Server == ""}
		if in.Server != "" {
			server.Help = "Leave it empty for " + in.Server + "."
		}
		w.Fields = append(w.Fields, server)
	}
	if withPassword(in) {
		w.ID, w.Title = "password", "Use a name and a password"
		w.Fields = append(w.Fields,
			page.Field{Name: "identifier", Label: "Name, handle or address", Kind: page.TextField, Value: form.Get("identifier"), Required: true},
			page.Field{Name: "appPassword", Label: "Password", Kind: page.SecretField, Help: "An app password, where the service has them.", Required: true})
	} else {
		w.Fields = append(w.Fields, page.Field{Name: "token", Label: "Token", Kind: page.SecretField, Help: "The bare token, or the JSON object that the text above names.", Required: true})
	}
	for _, p := range in.Params {
		w.Fields = append(w.Fields, page.Field{Name: paramField + p.Name, Label: pagewords.First(p.Name), Kind: page.TextField, Value: form.Get(paramField + p.Name), Help: p.Help, Required: p.Required})
	}
	w.Fields = append(w.Fields, page.Field{Name: "name", Label: "Name of the account", Kind: page.TextField, Value: form.Get("name"), Help: "Leave it empty: the service names it."})
	return w
}

// connect asks the service whose sign-in it is, keeps it and begins to collect.
func (v *visit) connect() error {
	c, err := v.Panel.ServiceNamed(v.r.PathValue("service"))
	if err != nil {
		return err
	}
	switch {
	case v.Panel.Simulated:
		return &control.Problem{Kind: control.Forbidden, Whose: "you", Reason: "all data here is made up, so nothing real is connected", Next: "connect it where no demo runs"}
	case v.SignIn.Whose == nil || v.SignIn.Keep == nil:
		return &control.Problem{Kind: control.Forbidden, Whose: "you", Reason: "nothing is connected by pages here", Next: "collector connect " + c.Info().Name}
	}
	w, cred, err := v.wanted(c.Info())
	if err != nil {
		return v.refuse(c.Info(), nil, err)
	}
	n, err := v.signIn(c, w, cred)
	if err != nil {
		return v.refuse(c.Info(), n.Checks, err)
	}
	if of, err := control.Find(v.ctx(), v.Panel.Store, v.person(), n.Network); err == nil {
		v.speeds.remember(of.ID, n.Checks)
	}
	_, account, _ := strings.Cut(n.Network, "/")
	what := n.Network + " is connected, and collected from now on."
	switch {
	case n.Again:
		what = n.Network + " is signed in again, and due now."
	case n.Imported > 0:
		what = n.Network + " is connected, and goes on with " + words.Many(n.Imported, "like", "likes") + " that were imported."
	}
	return v.leadOn(page.Path(string(page.ServicePath(c.Info().Name))+"?"+url.Values{"account": {account}}.Encode()), done(what))
}

// wanted reads the form.
func (v *visit) wanted(in connectors.Info) (w control.Wanted, cred auth.Credential, err error) {
	form := v.r.PostForm
	field := func(name string) string { return strings.TrimSpace(form.Get(name)) }
	w = control.Wanted{User: v.person(), Name: field("name"), Params: map[string]string{}}
	for _, p := range in.Params {
		if value := field(paramField + p.Name); value != "" {
			w.Params[p.Name] = value
		} else if p.Required {
			return w, cred, wrong("enter it: "+p.Help, in.Title+" needs the setting "+p.Name)
		}
	}
	if in.Servers && in.Server == "" && field("server") == "" {
		return w, cred, wrong("enter its address, such as https://your.server", in.Title+" has many servers: say which is yours")
	}
	if err = control.CheckWho(w.User, w.Name); err == nil {
		err = control.CheckParams(in, w.Params)
	}
	if err != nil {
		return w, cred, err
	}
	if w.Server, err = control.ServerOf(in, field("server"), v.SignIn.Private); err != nil {
		return w, cred, err
	}
	if withPassword(in) {
		cred = auth.Credential{Identifier: auth.NewSecret(field("identifier")), AppPassword: auth.NewSecret(field("appPassword"))}
		if cred.Empty() {
			err = wrong("enter both", "a name and a password are needed")
		}
		return w, cred, err
	}
	if cred, err = auth.ParseCredential(form.Get("token")); err != nil {
		err = wrong("copy it once more, whole", err.Error())
	}
	return w, cred, err
}

// signIn asks whose it is and saves it.
func (v *visit) signIn(c connectors.Connector, w control.Wanted, cred auth.Credential) (control.SignedIn, error) {
	got, err := v.Panel.Connect(v.ctx(), v.SignIn.Within(askFor, askFor), control.Connecting{Service: c.Info().Name, Wanted: w, Credential: cred}, v.Now)
	if p, ok := errors.AsType[*control.Problem](err); ok && p.Kind == control.Wrong { // the form was looked at: the name is taken, and its next step is a command
		return got, wrong("enter another name for the account", p.Reason)
	}
	return got, err
}

// refuse draws the form again with what is wrong, where who asked can mend it, or the
// service did not do its part, and with what was looked at till then.
func (v *visit) refuse(in connectors.Info, looked []control.Check, err error) error {
	reason, next, status := "", "", http.StatusUnprocessableEntity
	f := fault.As(err)
	p, told := errors.AsType[*control.Problem](err)
	switch {
	case errors.As(err, new(*control.NotTheirs)):
		reason, next = err.Error(), "enter no name for an account of its own, or give what belongs to this account"
	case told && (p.Kind == control.Wrong || p.Kind == control.Forbidden || p.Kind == control.Unknown):
		reason, next = p.Reason, p.Next
	case f != nil && f.Kind != fault.Bug && f.Kind != fault.Unknown:
		reason, next = f.Reason, faultNext[f.Kind]
		if f.Kind == fault.Temporary || f.Kind == fault.RateLimited || f.Kind == fault.Malformed {
			status = http.StatusBadGateway
		}
	case errors.Is(err, context.DeadlineExceeded):
		reason, next, status = in.Title+" did not answer in "+pagewords.Span(askFor), faultNext[fault.Temporary], http.StatusBadGateway
	default:
		return err
	}
	if status != http.StatusUnprocessableEntity {
		web.Note(v.ctx(), err)
	}
	shown, err := v.connectPage(in)
	if err != nil {
		return err
	}
	if len(looked) > 0 {
		for i := range looked { // what to do is said once, as a page says it
			looked[i].Next = ""
			if looked[i].State == control.CheckFailed {
				looked[i].Next = next
			}
		}
		shown.Checks = v.checks(looked)
	}
	shown.Note = &page.Note{Tone: page.Bad, Icon: "key", What: pagewords.Strong(pagewords.First(words.Line(reason)) + "."), Whose: "Nothing was stored. What to do: " + words.Line(next) + "."}
	return v.show(status, shown)
}

// faultNext is what to do about an answer of a service.
var faultNext = map[fault.Kind]string{
	fault.Temporary: "look at the address and the network, and try again", fault.RateLimited: "wait a while, and try again",
	fault.Unauthorized: "make a new one, and copy it whole", fault.Forbidden: "give it the permissions on the right, or enter a name for the account",
	fault.Gone: "look whether the account is there, or enter a name for it", fault.Malformed: "look whether the address is that of the service",
}
