package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"collector/search"
	"collector/store"
)

// exported is one item as export and search --json print it. The fields are part
// of the interface.
type exported struct {
	User           string         `json:"user"`
	Service        string         `json:"service"`
	Network        string         `json:"network"`
	Account        string         `json:"account"`
	ID             string         `json:"id"`
	URL            string         `json:"url"`
	Title          string         `json:"title"`
	Text           string         `json:"text"`
	Author         exportedAuthor `json:"author"`
	Image          string         `json:"image"`
	Kind           string         `json:"kind"`
	Tags           []string       `json:"tags"`
	Language       string         `json:"language"`
	Private        bool           `json:"private"`
	CreatedAt      *time.Time     `json:"createdAt"`
	LikedAt        *time.Time     `json:"likedAt"`
	LikedAtSource  string         `json:"likedAtSource"`
	FirstSeenAt    *time.Time     `json:"firstSeenAt"`
	RemovedAt      *time.Time     `json:"removedAt"`
	RemovedBecause string         `json:"removedBecause"`
	Bare           bool           `json:"detailsMissing"`
}

type exportedAuthor struct {
	Name   string `json:"name"`
	URL    string `json:"url"`
	Avatar string `json:"avatar"`
}

// mark begins the title of every item that leaves a simulated store, so that
// nobody takes it for a real one, wherever the file goes.
const mark = "[simulated] "

func exportOf(it store.Liked, simulated bool) exported {
	e := exported{
		User: it.User, Service: it.Service, Network: it.Network, Account: it.Account,
		ID: it.ID, URL: it.URL, Title: it.Title, Text: it.Text,
		Author: exportedAuthor{it.Author.Name, it.Author.URL, it.Author.Avatar}, Image: it.Image, Bare: it.Bare,
		Kind: it.Kind, Tags: it.Tags, Language: it.Language, Private: it.Private,
		CreatedAt: stamp(it.CreatedAt), LikedAt: stamp(it.LikedAt), LikedAtSource: string(it.LikedFrom),
		FirstSeenAt: stamp(it.FirstSeenAt), RemovedAt: stamp(it.RemovedAt), RemovedBecause: it.RemovedBecause,
	}
	if e.Tags == nil {
		e.Tags = []string{}
	}
	if simulated {
		e.Title = mark + e.Title
	}
	return e
}

// exportCommand writes everything that was collected.
func (a *app) exportCommand() *cobra.Command {
	var format, user, only, query string
	var removed bool
	c := &cobra.Command{
		Use:   "export",
		Short: "write all items as JSON Lines or CSV",
		Long: `Writes every item, one object a line (jsonl) or one row an item (csv), in the
order of network and id. Likes that were taken back are left out unless
--removed is given.

Fields: user, service, network, account, id, url, title, text, author {name, url,
avatar} (csv: author_name, author_url, author_avatar), image, kind, tags (csv: joined
by blanks), language, private, createdAt, likedAt, likedAtSource (api, order,
first-seen), firstSeenAt, removedAt, removedBecause (unliked, gone, hidden, unknown),
detailsMissing. Times are RFC 3339 in UTC; unknown ones are null (csv: empty). In csv
a cell that a spreadsheet would take for a formula, or that begins with an
apostrophe, has an apostrophe before it.

collector import reads both. JSON Lines hold all of an item; csv loses control
characters and the blanks within tags.`,
		Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			if format != "jsonl" && format != "csv" {
				return you(exitUsage, "--format=jsonl or --format=csv", "there is no format %q", plain(format))
			}
			expr, bad := search.Parse(query, a.now())
			if bad != nil { // half a query would be half an export
				return you(exitUsage, "collector search --help   explains the query", "the query is not understood\n%s", bad.Caret())
			}
			return a.withReadStore(c.Context(), func(ctx context.Context, st store.Store) error {
				q := store.Query{User: user, Expr: expr, Removed: removed}
				if only != "" {
					n, err := network(ctx, st, user, only)
					if err != nil {
						return err
					}
					q.Network = n.ID
				}
				var w itemWriter = newJSONLines(a.out, a.simulated)
				if format == "csv" {
					w = newCSV(a.out, a.simulated)
				}
				n := 0
				err := st.Each(ctx, q, func(it store.Liked) error {
					n++
					return w.write(it)
				})
				if err == nil {
					err = w.flush()
				}
				if err != nil {
					return err
				}
				if a.simulated {
					a.say("[simulated] made-up people and items")
				}
				a.say("%s written", many(n, "item", "items"))
				return nil
			})
		}),
	}
	c.Flags().StringVar(&format, "format", "jsonl", "jsonl or csv")
	c.Flags().StringVar(&user, "user", "", "only this user's items")
	c.Flags().StringVar(&only, "network", "", "only this network's items")
	c.Flags().StringVar(&query, "query", "", "only items that match; see collector help search")
	c.Flags().BoolVar(&removed, "removed", false, "also likes that were taken back")
	return c
}

// itemWriter writes items as they come, so that an export of any size needs the
// memory of one.
type itemWriter interface {
	write(store.Liked) error
	flush() error
}

type jsonLines struct {
	buf       *bufio.Writer
	out       *jsonOut
	simulated bool
}

func newJSONLines(w io.Writer, simulated bool) *jsonLines {
	buf := bufio.NewWriterSize(w, 64<<10)
	return &jsonLines{buf, newJSONOut(buf, false), simulated}
}

func (j *jsonLines) write(it store.Liked) error { return j.out.write(exportOf(it, j.simulated)) }
func (j *jsonLines) flush() error               { return j.buf.Flush() }

type csvFile struct {
	w         *csv.Writer
	simulated bool
	begun     bool
}

func newCSV(w io.Writer, simulated bool) *csvFile {
	return &csvFile{w: csv.NewWriter(w), simulated: simulated}
}

func (f *csvFile) header() error {
	if f.begun {
		return nil
	}
	f.begun = true
	return f.w.Write([]string{
		"user", "service", "network", "account", "id", "url", "title", "text", "author_name", "author_url",
		"kind", "tags", "language", "private", "createdAt", "likedAt", "likedAtSource", "firstSeenAt", "removedAt", "removedBecause",
		"author_avatar", "image", "detailsMissing",
	})
}

func (f *csvFile) write(it store.Liked) error {
	if err := f.header(); err != nil {
		return err
	}
	e := exportOf(it, f.simulated)
	row := []string{
		e.User, e.Service, e.Network, e.Account, e.ID, e.URL, e.Title, e.Text, e.Author.Name, e.Author.URL,
		e.Kind, strings.Join(e.Tags, " "), e.Language, strconv.FormatBool(e.Private),
		cell(e.CreatedAt), cell(e.LikedAt), e.LikedAtSource, cell(e.FirstSeenAt), cell(e.RemovedAt), e.RemovedBecause,
		e.Author.Avatar, e.Image, strconv.FormatBool(e.Bare),
	}
	for i := range row {
		row[i] = harmless(row[i])
	}
	return f.w.Write(row)
}

func (f *csvFile) flush() error {
	if err := f.header(); err != nil { // an empty export still names its columns
		return err
	}
	f.w.Flush()
	return f.w.Error()
}

func cell(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

// harmless keeps a spreadsheet from running a cell as a formula, and a terminal
// from obeying it. An apostrophe gets one too, so that it can be told from ours.
func harmless(s string) string {
	s = plain(s)
	if s != "" && strings.ContainsRune("=+-@\t\r'", rune(s[0])) {
		s = "'" + s
	}
	return s
}
