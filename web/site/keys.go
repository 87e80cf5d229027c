package site

import (
	"net/http"
	"time"
)

const (
	keysCookie = "collector-keys"
	keysOff    = "off"
	keysFor    = 365 * 24 * time.Hour
)

// keying switches keys of one letter off and on, for the browser that asks.
func (s *site) keying() []route {
	return []route{{"POST /keys", "", (*visit).setKeys}}
}

// keysOff is what the browser's cookie says.
func (v *visit) keysOff() bool {
	c, err := v.r.Cookie(keysCookie)
	return err == nil && c.Value == keysOff
}

func (v *visit) setKeys() error {
	if v.r.PostFormValue("keys") == keysOff {
		v.cookie(keysCookie, keysOff, keysFor)
	} else {
		v.cookie(keysCookie, "", -1)
	}
	http.Redirect(v.w, v.r, string(v.back()), http.StatusSeeOther)
	return nil
}
