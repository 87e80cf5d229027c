package export

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"collector/control"
	"collector/control/words"
	"collector/store"
)

// markdown writes a document to read: a heading a network, a line an item, its text as a
// quotation. What strangers wrote is no markup in it.
type markdown struct {
	streamed
	buf       *bufio.Writer
	simulated bool
	begun     bool
	network   string // whose heading was written last
}

func newMarkdown(w io.Writer, simulated bool) *markdown {
	return &markdown{buf: bufio.NewWriterSize(w, 64<<10), simulated: simulated}
}

func (m *markdown) head() {
	if m.begun {
		return
	}
	m.begun = true
	title := "Likes"
	if m.simulated {
		title = control.Mark + title
	}
	fmt.Fprintf(m.buf, "# %s\n", asMarkdown(title))
}

func (m *markdown) Write(_ context.Context, it store.Liked) error {
	m.head()
	if it.NetworkID != m.network {
		m.network = it.NetworkID
		fmt.Fprintf(m.buf, "\n## %s (%s)\n\n", asMarkdown(words.Line(it.Network)), asMarkdown(words.Line(it.User)))
	}
	title := cmp.Or(words.Line(it.Title), words.Short(words.Line(it.Text), 100), words.Line(it.URL))
	text := strings.TrimSpace(words.Plain(it.Text))
	if words.Line(text) == title {
		text = "" // the line says it
	}
	if m.simulated {
		title = control.Mark + title
	}
	said := "- " + asMarkdown(title)
	if webAddress(it.URL) {
		said = fmt.Sprintf("- [%s](<%s>)", asMarkdown(title), markdownAddress(it.URL))
	}
	for _, part := range []string{asMarkdown(words.Line(it.Author.Name)), day(it.LikedAt), tagsOf(it.Tags)} {
		if part != "" {
			said += " · " + part
		}
	}
	if !it.RemovedAt.IsZero() {
		said += " · gone since " + day(it.RemovedAt)
	}
	fmt.Fprintf(m.buf, "%s\n", said)
	if text != "" {
		for l := range strings.Lines(text) {
			fmt.Fprintf(m.buf, "  > %s\n", asMarkdown(words.Line(l)))
		}
	}
	return nil
}

func (m *markdown) Flush(context.Context) error {
	m.head()
	return m.buf.Flush()
}

// day is a time as its day, "" for none.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

func tagsOf(tags []string) string {
	var out []string
	for _, t := range tags {
		if t = strings.Join(strings.Fields(words.Plain(t)), "-"); t != "" {
			out = append(out, asMarkdown("#"+t))
		}
	}
	return strings.Join(out, " ")
}

// asMarkdown writes a line of text so that it means itself: signs that could be markup have
// a backslash before them (CommonMark 0.31, 2.4), HTML and entities among them, and so has
// what would make a list, a heading or a rule of a beginning.
func asMarkdown(s string) string {
	s = strings.NewReplacer("\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "<", "\\<", ">", "\\>", "&", "\\&", "|", "\\|", "~", "\\~").Replace(s)
	if s != "" && strings.IndexByte("#+-=:", s[0]) >= 0 {
		return `\` + s
	}
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	if digits > 0 && digits < len(s) && strings.IndexByte(".)", s[digits]) >= 0 {
		return s[:digits] + `\` + s[digits:]
	}
	return s
}

// markdownAddress is an address between < and >.
func markdownAddress(s string) string {
	return strings.NewReplacer("<", "%3C", ">", "%3E", "\\", "%5C", " ", "%20", "`", "%60", "&", "&amp;").Replace(words.Line(s))
}
