// Package record makes recordings of what a service answered, which may be shown to
// anybody: for the testdata of a connector, and for reports of mistakes.
//
// A reply is full of people. So nothing of it is kept that is not known to be
// harmless: names of fields, times, counts, words of the protocol. Every other text
// and every id is replaced by an invented one of the same form, the same one each time,
// so that what belonged together still does and the connector reads the recording as
// it read the replies. That is not hoped for: both are read side by side, and a
// recording that comes out otherwise is refused, as is one in which a secret still
// stands.
//
// The calls are not disguised but made anew: the connector is asked for them over the
// disguised replies, so a recorded call never was an address of somebody's.
package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"collector/connectors"
	"collector/fault"
)

// ErrSecret says that a recording would hold a secret.
var ErrSecret = errors.New("the recording would hold a secret")

// ErrDiffers says that a connector does not read the recording as it read the replies.
var ErrDiffers = errors.New("the recording is not read as the replies were")

// Replies are what a service answered to one look at a list, as it came.
type Replies struct {
	Query    connectors.Query  // of the first page
	Identity *connectors.Reply // to Identifier.WhoAmI; nil where it was not asked, or refused
	Pages    []connectors.Reply
	Details  *connectors.Reply // to Hydrator.Details; nil where nothing was asked
	Asked    []string          // the ids that Details was asked for
}

// File is one file of a recording.
type File struct {
	Name string // "backfill/page-1.http", with slashes
	Text []byte
}

// Recording is a recording and what is in it.
type Recording struct {
	Files []File
	Pages int
	Items int  // of all pages
	Ended bool // the last page is the end of the list
}

// Make disguises what a service answered. secret says whether a text holds a secret
// that must not be shown. The recording has the form that package connectortest reads:
// identity.http, backfill/page-1.http and so on, details.http, and a golden.json with the
// query alone. The error wraps ErrSecret or ErrDiffers; nothing may be written then.
func Make(c connectors.Connector, got Replies, secret func(text string) bool) (Recording, error) {
	m := &maker{c: c, d: newDisguise(c.Info(), got)}
	query := m.d.query(got.Query)
	if err := m.identity(got, &query); err != nil {
		return Recording{}, err
	}
	if err := m.pages(got, query); err != nil {
		return Recording{}, err
	}
	if err := m.details(got, query); err != nil {
		return Recording{}, err
	}
	if err := m.golden(query); err != nil {
		return Recording{}, err
	}
	for _, f := range m.out.Files {
		if secret(f.Name) || secret(string(f.Text)) {
			return Recording{}, fmt.Errorf("%w, in %s", ErrSecret, f.Name)
		}
	}
	return m.out, nil
}

// maker is one Make.
type maker struct {
	c   connectors.Connector
	d   *disguise
	out Recording

	bare []string // ids of the first disguised page that want details, in order
	ids  []string // the same ones as they are at the service
}

// add keeps a call and its disguised reply as a file.
func (m *maker) add(name string, call connectors.Request, r connectors.Reply) {
	m.out.Files = append(m.out.Files, File{name, format(call, r)})
}

// identity keeps the answer to who the account is. What the connector makes of the
// disguised one is the account from there on.
func (m *maker) identity(got Replies, query *connectors.Query) error {
	who, can := m.c.(connectors.Identifier)
	if !can || got.Identity == nil {
		return nil
	}
	asking := *query
	asking.Account = connectors.Identity{}
	call, err := who.WhoAmI(asking)
	if err != nil {
		return err
	}
	made, err := who.WhoAmI(got.Query)
	if err != nil {
		return err
	}
	m.d.called(made, *got.Identity, got.Query)
	disguised := m.d.reply(*got.Identity)
	m.add("identity.http", call, disguised)
	was, err := who.Identity(*got.Identity)
	shown, shownErr := who.Identity(disguised)
	if fault.KindOf(err) != fault.KindOf(shownErr) || len(was.Scopes) != len(shown.Scopes) {
		return fmt.Errorf("%w: identity.http", ErrDiffers)
	}
	if err == nil && was.ID == got.Query.Account.ID {
		query.Account = connectors.Identity{ID: shown.ID, Name: shown.Name}
	}
	return nil
}

// pages keeps the pages, and reads both walks side by side.
func (m *maker) pages(got Replies, shown connectors.Query) error {
	was := got.Query
	seen, seenShown := map[string]bool{}, map[string]bool{}
	for i, reply := range got.Pages {
		name := fmt.Sprintf("backfill/page-%d.http", i+1)
		call, err := m.c.Request(shown)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrDiffers, name, err)
		}
		made, err := m.c.Request(was)
		if err != nil {
			return err
		}
		m.d.called(made, reply, was)
		disguised := m.d.reply(reply)
		m.add(name, call, disguised)
		m.out.Pages++
		if reply.Status != http.StatusOK {
			return nil // a refusal is the last that was read
		}
		page, err := m.c.Parse(was, reply)
		other, otherErr := m.c.Parse(shown, disguised)
		if why := differ(page, other, err, otherErr); why != "" {
			return fmt.Errorf("%w: %s: %s", ErrDiffers, name, why)
		}
		for n := range page.Items {
			a, b := page.Items[n], other.Items[n]
			if i == 0 && a.Bare {
				m.ids, m.bare = append(m.ids, a.ID), append(m.bare, b.ID)
			}
			if seen[a.ID] != seenShown[b.ID] || a.Kind != b.Kind || a.LikedFrom != b.LikedFrom {
				return fmt.Errorf("%w: %s: object %d is another thing", ErrDiffers, name, n+1)
			}
			seen[a.ID], seenShown[b.ID] = true, true
		}
		m.out.Items += len(page.Items)
		m.out.Ended = err == nil && page.Next == ""
		was.Cursor, shown.Cursor = page.Next, other.Next
	}
	return nil
}

// differ says in what a disguised page is not the one that was read, "" in nothing.
func differ(was, shown connectors.Page, err, shownErr error) string {
	switch {
	case fault.KindOf(err) != fault.KindOf(shownErr):
		return fmt.Sprintf("the error is %v, and was %v", fault.KindOf(shownErr), fault.KindOf(err))
	case len(was.Items) != len(shown.Items) || len(was.Bad) != len(shown.Bad) || len(was.Removed) != len(shown.Removed):
		return fmt.Sprintf("%d items and %d that cannot be read, and there were %d and %d", len(shown.Items), len(shown.Bad), len(was.Items), len(was.Bad))
	case (was.Next == "") != (shown.Next == "") || (was.Resume == "") != (shown.Resume == "") || (was.Doubt == "") != (shown.Doubt == ""):
		return "it goes on in another way"
	}
	return ""
}

// details keeps the description of what the first page only names.
func (m *maker) details(got Replies, query connectors.Query) error {
	h, can := m.c.(connectors.Hydrator)
	if !can || got.Details == nil {
		return nil
	}
	shown := map[string]string{}
	for i, id := range m.ids {
		shown[id] = m.bare[i]
	}
	asked := make([]string, len(got.Asked))
	for i, id := range got.Asked {
		asked[i] = shown[id]
	}
	call, err := h.Details(query, asked)
	if err != nil {
		return fmt.Errorf("%w: details.http: %w", ErrDiffers, err)
	}
	made, err := h.Details(got.Query, got.Asked)
	if err != nil {
		return err
	}
	m.d.called(made, *got.Details, got.Query)
	disguised := m.d.reply(*got.Details)
	m.add("details.http", call, disguised)
	if got.Details.Status != http.StatusOK {
		return nil
	}
	was, err := h.Fill(got.Asked, *got.Details)
	other, otherErr := h.Fill(asked, disguised)
	if fault.KindOf(err) != fault.KindOf(otherErr) || len(was) != len(other) {
		return fmt.Errorf("%w: details.http", ErrDiffers)
	}
	for i := range was {
		if was[i].Gone != other[i].Gone {
			return fmt.Errorf("%w: details.http: object %d is another thing", ErrDiffers, i+1)
		}
	}
	return nil
}

// golden keeps the query, which a reader of the recording needs. What must come out of
// it is written by hand.
func (m *maker) golden(q connectors.Query) error {
	type account struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	type query struct {
		Account  account           `json:"account"`
		Server   string            `json:"server,omitempty"`
		PageSize int               `json:"pageSize"`
		Params   map[string]string `json:"params,omitempty"`
	}
	text, err := json.MarshalIndent(map[string]query{
		"query": {account{q.Account.ID, q.Account.Name}, q.Server, q.PageSize, q.Params},
	}, "", "\t")
	if err != nil {
		return fmt.Errorf("writing golden.json: %w", err)
	}
	m.out.Files = append(m.out.Files, File{"golden.json", append(text, '\n')})
	return nil
}
