package export

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"

	"collector/control"
	"collector/control/words"
	"collector/store"
)

// bookmarkWriter writes the format that began with Netscape and that all browsers and bookmark
// services read. It is flat: in folders the name of each would become a tag.
type bookmarkWriter struct {
	streamed
	buf       *bufio.Writer
	simulated bool
	begun     bool
}

func newBookmarkWriter(w io.Writer, simulated bool) *bookmarkWriter {
	return &bookmarkWriter{buf: bufio.NewWriterSize(w, 64<<10), simulated: simulated}
}

func (f *bookmarkWriter) head() {
	if f.begun {
		return
	}
	f.begun = true
	fmt.Fprintf(f.buf, `<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE>
<H1>%sLikes</H1>
<DL><p>
`, f.mark())
}

func (f *bookmarkWriter) mark() string {
	if f.simulated {
		return control.Mark
	}
	return ""
}

func (f *bookmarkWriter) Write(_ context.Context, it store.Liked) error {
	f.head()
	if !webAddress(it.URL) { // a browser would run it
		return nil
	}
	fmt.Fprintf(f.buf, `    <DT><A HREF="%s"`, html.EscapeString(words.Plain(it.URL)))
	if !it.LikedAt.IsZero() {
		fmt.Fprintf(f.buf, ` ADD_DATE="%d"`, it.LikedAt.Unix())
	}
	if it.Private {
		f.buf.WriteString(` PRIVATE="1"`)
	}
	if tags := bookmarkTags(it.Tags); len(tags) > 0 {
		fmt.Fprintf(f.buf, ` TAGS="%s"`, html.EscapeString(strings.Join(tags, ",")))
	}
	fmt.Fprintf(f.buf, ">%s%s</A>\n", f.mark(), html.EscapeString(cmp.Or(words.Line(it.Title), words.Line(it.URL))))
	if text := strings.TrimSpace(words.Plain(it.Text)); text != "" {
		fmt.Fprintf(f.buf, "    <DD>%s\n", html.EscapeString(text))
	}
	return nil
}

// bookmarkTags are tags as they stand parted by commas.
func bookmarkTags(tags []string) []string {
	var out []string
	for _, t := range tags {
		if t = words.Line(strings.ReplaceAll(t, ",", " ")); t != "" && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// webAddress tells whether an address is one of the web.
func webAddress(s string) bool {
	s = strings.ToLower(s)
	return strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")
}

func (f *bookmarkWriter) Flush(context.Context) error {
	f.head()
	f.buf.WriteString("</DL><p>\n")
	return f.buf.Flush() // it tells of what could not be written before, too
}
