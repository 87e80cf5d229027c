package export

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"collector/control"
	"collector/control/words"
	"collector/store"
)

type csvFile struct {
	streamed
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

func (f *csvFile) Write(_ context.Context, it store.Liked) error {
	if err := f.header(); err != nil {
		return err
	}
	e := control.ItemOf(it, f.simulated)
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

func (f *csvFile) Flush(context.Context) error {
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
	s = words.Plain(s)
	if s != "" && strings.ContainsRune("=+-@\t\r'", rune(s[0])) {
		s = "'" + s
	}
	return s
}
