package imports

import (
	"errors"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// page reads an HTML file tag by tag. Exports are not well-formed, and too large to
// be made a tree of.
type page struct {
	z     *html.Tokenizer
	close func() error
	kept  *html.Token // read, and not used by whoever read it
}

// page opens a part in the encoding that it declares.
func (p Part) page() (*page, error) {
	declared, err := declaredIn(p.head())
	if err != nil {
		return nil, err
	}
	in, err := p.Open()
	if err != nil {
		return nil, err
	}
	z := html.NewTokenizer(text(in, declared))
	z.SetMaxBuf(longest)
	return &page{z: z, close: in.Close}, nil
}

// next returns the next token; io.EOF after the last.
func (p *page) next() (html.Token, error) {
	if p.kept != nil {
		t := *p.kept
		p.kept = nil
		return t, nil
	}
	if p.z.Next() == html.ErrorToken {
		if err := p.z.Err(); !errors.Is(err, html.ErrBufferExceeded) {
			return html.Token{}, err
		}
		return html.Token{}, errLongEntry
	}
	return p.z.Token(), nil
}

// longestText of a title or a note, in bytes; what is longer is cut.
const longestText = 1 << 20

// text collects text up to the end of an element, or up to a tag of a list, where
// somebody forgot that end.
func (p *page) text(of atom.Atom) string {
	var b strings.Builder
	for {
		t, err := p.next()
		if err != nil {
			return b.String() // whoever asks for more is told
		}
		switch {
		case t.Type == html.TextToken:
			if b.Len() < longestText {
				b.WriteString(t.Data)
			}
		case t.Type == html.EndTagToken && t.DataAtom == of:
			return b.String()
		case t.DataAtom == atom.Br:
			b.WriteByte('\n')
		case breaks(t.DataAtom):
			p.kept = &t
			return b.String()
		}
	}
}

func breaks(a atom.Atom) bool {
	return a == atom.Dt || a == atom.Dd || a == atom.Dl || a == atom.Li || a == atom.Ul || a == atom.A || a == atom.H3
}

// attr is an attribute of a tag, "" for none.
func attr(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
