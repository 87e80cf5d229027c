package pds

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The collections this package writes and reads.
const (
	Posts = "app.bsky.feed.post"
	Likes = "app.bsky.feed.like"
)

// perWrite is how many writes one applyWrites call may hold.
const perWrite = 200

// Account is a person at the server.
type Account struct {
	DID, Handle string

	origin   string
	password string
	access   string
}

// Ref is a reference to a record: its address and the hash of its contents.
type Ref struct {
	URI string `json:"uri"`
	CID string `json:"cid"`
}

// Like is a like record as the server lists it.
type Like struct {
	URI     string    // of the record itself
	Subject Ref       // what was liked
	At      time.Time // createdAt of the record
}

// Session is a pair of tokens.
type Session struct {
	DID     string `json:"did"`
	Handle  string `json:"handle"`
	Access  string `json:"accessJwt"`
	Refresh string `json:"refreshJwt"`
}

// NewAccount signs a person up under handle, which ends in ".test".
func (s *Server) NewAccount(ctx context.Context, handle string) (*Account, error) {
	a := &Account{Handle: handle, origin: s.Origin, password: "invented-" + handle}
	var made Session
	in := map[string]string{"handle": handle, "email": strings.ReplaceAll(handle, ".", "-") + "@people.example", "password": a.password}
	if err := call(ctx, s.Origin, "com.atproto.server.createAccount", "", true, nil, in, &made); err != nil {
		return nil, err
	}
	a.DID, a.access = made.DID, made.Access
	return a, nil
}

// AppPassword makes a password for one application.
func (a *Account) AppPassword(ctx context.Context, name string) (string, error) {
	var made struct{ Password string }
	err := call(ctx, a.origin, "com.atproto.server.createAppPassword", a.access, true, nil, map[string]string{"name": name}, &made)
	return made.Password, err
}

// SignIn opens a session with a password, the account's own where it is "".
func (a *Account) SignIn(ctx context.Context, password string) (Session, error) {
	if password == "" {
		password = a.password
	}
	var s Session
	err := call(ctx, a.origin, "com.atproto.server.createSession", "", true, nil, map[string]string{"identifier": a.Handle, "password": password}, &s)
	return s, err
}

// Refresh exchanges a refresh token for a new pair.
func (s *Server) Refresh(ctx context.Context, refresh string) (Session, error) {
	var fresh Session
	err := call(ctx, s.Origin, "com.atproto.server.refreshSession", refresh, true, nil, nil, &fresh)
	return fresh, err
}

// Moved makes the account speak to a server that was started again: its old
// tokens are void there.
func (a *Account) Moved(ctx context.Context, s *Server) error {
	a.origin = s.Origin
	fresh, err := a.SignIn(ctx, "")
	a.access = fresh.Access
	return err
}

// Post writes texts as posts, oldest first, one second apart from at.
func (a *Account) Post(ctx context.Context, texts []string, at time.Time) ([]Ref, error) {
	records := make([]any, len(texts))
	for i, text := range texts {
		records[i] = map[string]any{"$type": Posts, "text": text, "createdAt": stamp(at.Add(time.Duration(i) * time.Second))}
	}
	return a.create(ctx, Posts, records)
}

// Like likes the subjects, oldest first, one second apart from at.
func (a *Account) Like(ctx context.Context, subjects []Ref, at time.Time) ([]Ref, error) {
	records := make([]any, len(subjects))
	for i, subject := range subjects {
		records[i] = map[string]any{"$type": Likes, "subject": subject, "createdAt": stamp(at.Add(time.Duration(i) * time.Second))}
	}
	return a.create(ctx, Likes, records)
}

// LikeAgain likes one subject by createRecord, as the apps do: the server then
// drops an older like of the same subject (applyWrites keeps both).
func (a *Account) LikeAgain(ctx context.Context, subject Ref, at time.Time) error {
	record := map[string]any{"$type": Likes, "subject": subject, "createdAt": stamp(at)}
	in := map[string]any{"repo": a.DID, "collection": Likes, "record": record}
	return call(ctx, a.origin, "com.atproto.repo.createRecord", a.access, true, nil, in, nil)
}

// Unlike takes a like back by the address of its record.
func (a *Account) Unlike(ctx context.Context, record string) error {
	in := map[string]string{"repo": a.DID, "collection": Likes, "rkey": record[strings.LastIndex(record, "/")+1:]}
	return call(ctx, a.origin, "com.atproto.repo.deleteRecord", a.access, true, nil, in, nil)
}

// Deactivate takes the account offline at its server, as its owner can in the app.
func (a *Account) Deactivate(ctx context.Context) error {
	return call(ctx, a.origin, "com.atproto.server.deactivateAccount", a.access, true, nil, map[string]any{}, nil)
}

// Activate brings a deactivated account back.
func (a *Account) Activate(ctx context.Context) error {
	return call(ctx, a.origin, "com.atproto.server.activateAccount", a.access, true, nil, nil, nil)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// create writes records in as few calls as the server allows.
func (a *Account) create(ctx context.Context, collection string, records []any) ([]Ref, error) {
	var refs []Ref
	for len(records) > 0 {
		n := min(len(records), perWrite)
		writes := make([]any, n)
		for i, r := range records[:n] {
			writes[i] = map[string]any{"$type": "com.atproto.repo.applyWrites#create", "collection": collection, "value": r}
		}
		var made struct{ Results []Ref }
		if err := call(ctx, a.origin, "com.atproto.repo.applyWrites", a.access, true, nil, map[string]any{"repo": a.DID, "writes": writes}, &made); err != nil {
			return nil, err
		}
		refs, records = append(refs, made.Results...), records[n:]
	}
	return refs, nil
}

// Likes lists all likes of the account as the server holds them now.
func (s *Server) Likes(ctx context.Context, did string) ([]Like, error) {
	var out []Like
	for cursor := ""; ; {
		page, next, err := s.LikesPage(ctx, did, 100, cursor, false)
		if err != nil {
			return nil, err
		}
		out = append(out, page...)
		if next == "" {
			return out, nil
		}
		cursor = next
	}
}

// LikesPage lists one page of at most limit likes and the cursor of the next.
func (s *Server) LikesPage(ctx context.Context, did string, limit int, cursor string, reverse bool) ([]Like, string, error) {
	q := url.Values{"repo": {did}, "collection": {Likes}, "limit": {strconv.Itoa(limit)}}
	if cursor != "" {
		q.Set("cursor", cursor)
	}
	if reverse {
		q.Set("reverse", "true")
	}
	var page struct {
		Cursor  string
		Records []struct {
			URI   string
			Value struct {
				Subject   Ref
				CreatedAt time.Time
			}
		}
	}
	if err := call(ctx, s.Origin, "com.atproto.repo.listRecords", "", false, q, nil, &page); err != nil {
		return nil, "", err
	}
	var out []Like
	for _, r := range page.Records {
		out = append(out, Like{URI: r.URI, Subject: r.Value.Subject, At: r.Value.CreatedAt.UTC()})
	}
	return out, page.Cursor, nil
}

// Record reads the value of one record by its at:// address.
func (s *Server) Record(ctx context.Context, uri string) (Ref, json.RawMessage, error) {
	parts := strings.Split(strings.TrimPrefix(uri, "at://"), "/")
	if len(parts) != 3 {
		return Ref{}, nil, fmt.Errorf("%q is not the address of a record", uri)
	}
	var got struct {
		Ref
		Value json.RawMessage
	}
	q := url.Values{"repo": {parts[0]}, "collection": {parts[1]}, "rkey": {parts[2]}}
	err := call(ctx, s.Origin, "com.atproto.repo.getRecord", "", false, q, nil, &got)
	return got.Ref, got.Value, err
}

// Session asks the server whose access token this is.
func (s *Server) Session(ctx context.Context, access string) error {
	return call(ctx, s.Origin, "com.atproto.server.getSession", access, false, nil, nil, nil)
}
