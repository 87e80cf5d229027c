package connectortest

import (
	"encoding/json"
	"os"
	"testing"

	"collector/connectors"
	"collector/connectors/bluesky"
	"collector/connectors/github"
	"collector/connectors/mastodon"
	"collector/item"
)

// rigged is a real connector of which single answers are replaced.
type rigged struct {
	connectors.Connector
	connectors.Faulter
	connectors.Identifier
	connectors.Remapper
	info    func(connectors.Info) connectors.Info
	request func(connectors.Query, connectors.Request) connectors.Request
	at      func(connectors.Query) connectors.Query
	parse   func(connectors.Query, connectors.Reply, connectors.Page, error) (connectors.Page, error)
	before  func(connectors.Reply) connectors.Reply
	who     func(connectors.Identity, error) (connectors.Identity, error)
	details func([]connectors.Detail, error) ([]connectors.Detail, error)
	liked   func(connectors.Reply, connectors.Presence, error) (connectors.Presence, error)
	judged  func(connectors.Reply, error) error
	remap   func(item.Item, error) (item.Item, error)
}

func (r *rigged) Info() connectors.Info {
	i := r.Connector.Info()
	if r.info != nil {
		i = r.info(i)
	}
	return i
}

func (r *rigged) Request(q connectors.Query) (connectors.Request, error) {
	asked := q
	if r.at != nil {
		asked = r.at(q)
	}
	out, err := r.Connector.Request(asked)
	if r.request != nil && err == nil {
		out = r.request(q, out)
	}
	return out, err
}

func (r *rigged) Parse(q connectors.Query, reply connectors.Reply) (connectors.Page, error) {
	if r.before != nil {
		reply = r.before(reply)
	}
	page, err := r.Connector.Parse(q, reply)
	if r.parse != nil {
		return r.parse(q, reply, page, err)
	}
	return page, err
}

func (r *rigged) Fault(reply connectors.Reply) error {
	err := r.Faulter.Fault(reply)
	if r.judged != nil {
		return r.judged(reply, err)
	}
	return err
}

func (r *rigged) Identity(reply connectors.Reply) (connectors.Identity, error) {
	who, err := r.Identifier.Identity(reply)
	if r.who != nil {
		return r.who(who, err)
	}
	return who, err
}

func (r *rigged) Remap(q connectors.Query, raw json.RawMessage) (item.Item, error) {
	it, err := r.Remapper.Remap(q, raw)
	if r.remap != nil {
		return r.remap(it, err)
	}
	return it, err
}

// withCheck and withDetails add the power that only some connectors have.
type withCheck struct {
	*rigged
	check connectors.Checker
}

func (w withCheck) Check(q connectors.Query, it item.Item) (connectors.Request, error) {
	return w.check.Check(q, it)
}

func (w withCheck) Liked(r connectors.Reply) (connectors.Presence, error) {
	p, err := w.check.Liked(r)
	if w.liked != nil {
		return w.liked(r, p, err)
	}
	return p, err
}

type withDetails struct {
	*rigged
	hydrator connectors.Hydrator
}

func (w withDetails) Details(q connectors.Query, ids []string) (connectors.Request, error) {
	return w.hydrator.Details(q, ids)
}

func (w withDetails) Fill(ids []string, r connectors.Reply) ([]connectors.Detail, error) {
	out, err := w.hydrator.Fill(ids, r)
	if w.details != nil {
		return w.details(out, err)
	}
	return out, err
}

// rig loads the kit of a real connector with its own recordings, and a handle to
// break it by.
func rig(t *testing.T, name string) (*kit, *rigged) {
	t.Helper()
	real := map[string]connectors.Connector{"github": github.New(), "mastodon": mastodon.New(), "bluesky": bluesky.New()}[name]
	k, err := load(real, os.DirFS("../"+name+"/testdata"))
	if err != nil {
		t.Fatal(err)
	}
	k.folder = name
	r := &rigged{Connector: real, Faulter: real.(connectors.Faulter), Identifier: real.(connectors.Identifier), Remapper: real.(connectors.Remapper)}
	k.c = r
	if c, ok := real.(connectors.Checker); ok {
		k.c = withCheck{r, c}
	}
	if h, ok := real.(connectors.Hydrator); ok {
		k.c = withDetails{r, h}
	}
	return k, r
}

// onItems changes every item of every page.
func onItems(change func(it *item.Item)) func(r *rigged) {
	return onPages(func(_ connectors.Query, _ connectors.Reply, p *connectors.Page) {
		for i := range p.Items {
			change(&p.Items[i])
		}
	})
}

// onPages changes every page that was read without an error.
func onPages(change func(q connectors.Query, reply connectors.Reply, p *connectors.Page)) func(r *rigged) {
	return func(r *rigged) {
		r.parse = func(q connectors.Query, reply connectors.Reply, p connectors.Page, err error) (connectors.Page, error) {
			if err == nil {
				change(q, reply, &p)
			}
			return p, err
		}
	}
}

func onCalls(change func(q connectors.Query, r *connectors.Request)) func(r *rigged) {
	return func(r *rigged) {
		r.request = func(q connectors.Query, out connectors.Request) connectors.Request {
			change(q, &out)
			return out
		}
	}
}

func onInfo(change func(i *connectors.Info)) func(r *rigged) {
	return func(r *rigged) {
		r.info = func(i connectors.Info) connectors.Info { change(&i); return i }
	}
}
