package feed

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"time"
)

// The elements of Atom (RFC 4287, section 4) that a feed of likes has. There is no link to
// the feed itself: its address is the secret that it is read with.
type (
	atomFeed struct {
		XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string      `xml:"id"`
		Title   string      `xml:"title"`
		Updated string      `xml:"updated"`
		Author  atomPerson  `xml:"author"`
		Links   []atomLink  `xml:"link"`
		Maker   string      `xml:"generator"`
		Entries []atomEntry `xml:"entry"`
	}
	atomEntry struct {
		ID         string         `xml:"id"`
		Title      string         `xml:"title"` // of the type text, which is what no attribute says
		Updated    string         `xml:"updated"`
		Published  string         `xml:"published"`
		Author     *atomPerson    `xml:"author"`
		Links      []atomLink     `xml:"link"`
		Categories []atomCategory `xml:"category"`
		Content    atomText       `xml:"content"`
	}
	atomPerson struct {
		Name string `xml:"name"`
		URI  string `xml:"uri,omitempty"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	}
	atomCategory struct {
		Term string `xml:"term,attr"`
	}
	atomText struct {
		Type string `xml:"type,attr"`
		Text string `xml:",chardata"`
	}
)

// atom is the feed as Atom 1.0.
func (f Feed) atom() ([]byte, error) {
	out := atomFeed{
		ID: f.ID, Title: f.Title, Updated: f.Updated.Format(time.RFC3339), Author: atomPerson{Name: f.Author}, Links: alternate(f.Home), Maker: "collector",
	}
	for _, e := range f.Entries {
		at := e.Liked.Format(time.RFC3339)
		one := atomEntry{ID: e.ID, Title: e.Title, Updated: at, Published: at, Links: alternate(e.URL), Content: atomText{"text", e.Text}}
		if e.Author.Name != "" {
			one.Author = &atomPerson{e.Author.Name, e.Author.URL}
		}
		for _, t := range e.Tags {
			one.Categories = append(one.Categories, atomCategory{t})
		}
		out.Entries = append(out.Entries, one)
	}
	return marshal(out)
}

func alternate(href string) []atomLink {
	if href == "" {
		return nil
	}
	return []atomLink{{"alternate", href}}
}

// marshal is a whole XML document.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	enc := xml.NewEncoder(&b)
	enc.Indent("", " ")
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("writing a feed: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}
