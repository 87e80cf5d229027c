package site

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
	"unicode/utf8"

	"collector/grant"
	"collector/web/page"
	"collector/web/page/words"
)

// A note goes to the page that comes next in a cookie, sealed with a key of this process for
// whom it is and until when, so that no neighbour on this machine, and nobody else who is signed
// in, can have a page say something. Where another process draws the next page the note is not
// shown: what was done is to be seen there.

const (
	noteCookie = "collector-note"
	noteFor    = time.Minute
	mostNote   = 1000 // bytes of its text
)

// seal tells notes of this process from others.
type seal struct{ key []byte }

func newSeal() seal {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // it never fails: crypto/rand ends the program instead
	return seal{key}
}

func (s seal) sum(who grant.Who, text []byte) []byte {
	m := hmac.New(sha256.New, s.key)
	fmt.Fprintf(m, "%q %q %q ", who.Kind, who.ID, who.User)
	m.Write(text)
	return m.Sum(nil)
}

// kept is a note in its cookie: the words and their kind, no links.
type kept struct {
	Tone  page.Tone
	Icon  page.Icon
	What  string
	Until int64 // in seconds of Unix
}

// done is a note of something that went well.
func done(what string) page.Note {
	return page.Note{Tone: page.Good, Icon: "check", What: words.Plain(what)}
}

// tell keeps a note for the next page.
func (v *visit) tell(n page.Note) {
	what := n.What.String()
	for len(what) > mostNote {
		_, size := utf8.DecodeLastRuneInString(what)
		what = what[:len(what)-size]
	}
	var text bytes.Buffer
	in := json.NewEncoder(&text)
	in.SetEscapeHTML(false) // no page holds it, and a browser keeps 4096 bytes
	if in.Encode(kept{n.Tone, n.Icon, what, v.now.Add(noteFor).Unix()}) != nil {
		return // texts and numbers can always be written
	}
	v.cookie(noteCookie, base64.RawURLEncoding.EncodeToString(append(v.notes.sum(v.who, text.Bytes()), text.Bytes()...)), noteFor)
}

// told is what the form before this page has to say, once.
func (v *visit) told() []page.Note {
	c, err := v.r.Cookie(noteCookie)
	if err != nil {
		return nil
	}
	v.cookie(noteCookie, "", -1)
	b, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || len(b) < sha256.Size || !hmac.Equal(b[:sha256.Size], v.notes.sum(v.who, b[sha256.Size:])) {
		return nil
	}
	var k kept
	if json.Unmarshal(b[sha256.Size:], &k) != nil || v.now.Unix() > k.Until {
		return nil
	}
	return []page.Note{{Tone: k.Tone, Icon: k.Icon, What: words.Plain(k.What)}}
}

// cookie has the browser keep a value that no script reads and no other site sends along;
// a negative time has it forget one.
func (v *visit) cookie(name, value string, keep time.Duration) {
	c := &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, Secure: v.Secure(v.r), SameSite: http.SameSiteLaxMode, MaxAge: int(keep / time.Second)}
	if keep < 0 {
		c.MaxAge = -1
	}
	http.SetCookie(v.w, c)
}
