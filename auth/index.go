package auth

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	shortest = 4 // bytes: what is shorter would be found in ordinary words
	longEnd  = 8
)

// index finds many texts in one pass. They are looked up by their last bytes:
// tokens of one service begin alike, and end at random.
type index struct {
	short map[[shortest]byte][]string // texts of less than longEnd bytes
	long  map[[longEnd]byte][]string
}

func newIndex() index {
	return index{map[[shortest]byte][]string{}, map[[longEnd]byte][]string{}}
}

func (x index) add(form string) {
	if n := len(form); n >= longEnd {
		end := [longEnd]byte([]byte(form[n-longEnd:]))
		x.long[end] = append(x.long[end], form)
	} else {
		end := [shortest]byte([]byte(form[n-shortest:]))
		x.short[end] = append(x.short[end], form)
	}
}

func (x index) drop(form string) {
	same := func(t string) bool { return t == form }
	if n := len(form); n >= longEnd {
		end := [longEnd]byte([]byte(form[n-longEnd:]))
		if x.long[end] = slices.DeleteFunc(x.long[end], same); len(x.long[end]) == 0 {
			delete(x.long, end)
		}
	} else {
		end := [shortest]byte([]byte(form[n-shortest:]))
		if x.short[end] = slices.DeleteFunc(x.short[end], same); len(x.short[end]) == 0 {
			delete(x.short, end)
		}
	}
}

// scrub replaces until nothing is found any more: what stands to the left and
// right of a replaced text may form a secret with the mask.
func (x index) scrub(text string) string {
	for range 4 {
		out := x.replace(text)
		if out == text {
			return text
		}
		text = out
	}
	return mask
}

// replace puts the mask in the place of every stretch that is covered by found
// texts: where two overlap nothing of either stays.
func (x index) replace(text string) string {
	type span struct{ from, to int }
	var found []span
	for end := shortest; end <= len(text); end++ {
		longest := 0
		if len(x.short) > 0 {
			for _, form := range x.short[[shortest]byte([]byte(text[end-shortest:end]))] {
				if len(form) > longest && strings.HasSuffix(text[:end], form) {
					longest = len(form)
				}
			}
		}
		if end >= longEnd {
			for _, form := range x.long[[longEnd]byte([]byte(text[end-longEnd:end]))] {
				if len(form) > longest && strings.HasSuffix(text[:end], form) {
					longest = len(form)
				}
			}
		}
		if longest == 0 {
			continue
		}
		from := end - longest
		for len(found) > 0 && found[len(found)-1].to > from {
			from = min(from, found[len(found)-1].from)
			found = found[:len(found)-1]
		}
		found = append(found, span{from, end})
	}
	if len(found) == 0 {
		return text
	}
	var b strings.Builder
	at := 0
	for _, s := range found {
		b.WriteString(text[at:s.from])
		b.WriteString(mask)
		at = s.to
	}
	b.WriteString(text[at:])
	return b.String()
}

// spellings returns the forms in which a secret could turn up, without those
// too short to be told from ordinary text.
func spellings(secret string) []string {
	if len(secret) < shortest || strings.Contains(mask, secret) {
		return nil
	}
	raw := []byte(secret)
	out := []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret),
		hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)),
		strings.Trim(strconv.Quote(secret), `"`), strings.Trim(strconv.QuoteToASCII(secret), `"`),
		base64.StdEncoding.EncodeToString(raw), base64.URLEncoding.EncodeToString(raw),
	}
	if quoted, err := json.Marshal(secret); err == nil {
		out = append(out, strings.Trim(string(quoted), `"`))
	}
	out = append(out, strings.NewReplacer(`\`, `\\`, `"`, `\"`, "/", `\/`).Replace(secret)) // PHP's way
	for shift := range 3 {                                                                  // inside a longer text in base64 it may begin at three places
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			text := enc.EncodeToString(append(make([]byte, shift), raw...))
			from, to := (shift*8+5)/6, (shift+len(raw))*8/6
			out = append(out, text[from:to])
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return slices.DeleteFunc(out, func(t string) bool { return len(t) < shortest || strings.Contains(mask, t) })
}
