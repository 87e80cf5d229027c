package feed

import (
	"encoding/xml"
	"html"
	"strings"
)

// rssTime is how RSS writes times, which are in UTC here: RFC 822 with four digits of the year.
const rssTime = "Mon, 02 Jan 2006 15:04:05 GMT"

// The elements of RSS 2.0 (rssboard.org/rss-specification) that a feed of likes has. Its
// author is an address of mail, which nobody here has: names stand in creator, of Dublin Core.
type (
	rss struct {
		XMLName xml.Name   `xml:"rss"`
		Version string     `xml:"version,attr"`
		Core    string     `xml:"xmlns:dc,attr"`
		Channel rssChannel `xml:"channel"`
	}
	rssChannel struct {
		Title       string    `xml:"title"`
		Link        string    `xml:"link"`
		Description string    `xml:"description"`
		Built       string    `xml:"lastBuildDate"`
		Maker       string    `xml:"generator"`
		Items       []rssItem `xml:"item"`
	}
	rssItem struct {
		Title       string   `xml:"title"`
		Link        string   `xml:"link,omitempty"`
		GUID        rssGUID  `xml:"guid"`
		Published   string   `xml:"pubDate"`
		Creator     string   `xml:"dc:creator,omitempty"`
		Categories  []string `xml:"category"`
		Description string   `xml:"description"`
	}
	rssGUID struct {
		Permanent string `xml:"isPermaLink,attr"`
		ID        string `xml:",chardata"`
	}
)

// rss is the feed as RSS 2.0.
func (f Feed) rss() ([]byte, error) {
	out := rss{Version: "2.0", Core: "http://purl.org/dc/elements/1.1/", Channel: rssChannel{
		Title: f.Title, Link: f.Home, Description: f.Title, Built: f.Updated.Format(rssTime), Maker: "collector",
	}}
	for _, e := range f.Entries {
		out.Channel.Items = append(out.Channel.Items, rssItem{
			Title: e.Title, Link: e.URL, GUID: rssGUID{"false", e.ID}, Published: e.Liked.UTC().Format(rssTime),
			Creator: e.Author.Name, Categories: e.Tags, Description: asHTML(e.Text),
		})
	}
	return marshal(out)
}

// asHTML writes a text as HTML, which is what readers take the description of an item for.
func asHTML(s string) string {
	return strings.ReplaceAll(html.EscapeString(s), "\n", "<br>\n")
}
