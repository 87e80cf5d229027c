// Package export writes what was liked as files: JSON Lines, CSV, bookmarks (HTML), Markdown
// and SQLite. docs/EXPORT.md describes them. What strangers wrote is text in all of them: no
// formula, no markup, nothing that a terminal obeys.
package export

import (
	"context"
	"fmt"
	"io"

	"collector/store"
)

// Formats are the names of the formats, which are also the endings of their files.
func Formats() []string { return []string{"jsonl", "csv", "html", "md", "sqlite"} }

// Writer writes items as they come, so that an export of any size needs the memory of one.
// After Write has failed, or what it was called for, Close gives up what is held.
type Writer interface {
	Write(context.Context, store.Liked) error
	Flush(context.Context) error // ends the export; what is held is then given up, too
	Close()
}

// streamed is a Writer that holds nothing but a buffer.
type streamed struct{}

func (streamed) Close() {}

// New makes the writer of one of the Formats. simulated says that titles are to begin with
// control.Mark.
func New(ctx context.Context, format string, to io.Writer, simulated bool) (Writer, error) {
	switch format {
	case "jsonl":
		return newJSONLines(to, simulated), nil
	case "csv":
		return newCSV(to, simulated), nil
	case "html":
		return newBookmarkWriter(to, simulated), nil
	case "md":
		return newMarkdown(to, simulated), nil
	case "sqlite":
		return newDatabase(ctx, to, simulated)
	}
	return nil, fmt.Errorf("there is no format %q", format)
}
