// Package imports reads what services and programs hand out when a person asks for
// his data: exports, archives, bookmark files. Each format is a small file that turns
// the parts of an export into entries, one at a time: likes in the shape and under
// the ids that the connectors give them, so that what is imported and what is
// collected is one item; what is left out, and why; and what could not be read, and
// why and where.
//
// It knows no store and no clock. An export is somebody else's file: nothing in it
// is believed, and no format holds more of it in memory than one entry.
package imports

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"collector/item"
)

// List is the list of likes that an entry belongs to.
type List struct {
	Service string // "github", "bookmarks", …: the name of a connector where there is one

	// What the export tells of the account; each may be empty.
	User     string   // of the collector that wrote the export
	Account  string   // name of the account, as in the name of its network
	RemoteID string   // its id at the service
	Params   []string // values of the network's params, in the order of its name
}

// Entry is one thing that an export holds: a like, unless Left or Err is set.
type Entry struct {
	List List
	Item item.Item // LikedAt is zero where the export does not say
	Seen time.Time // when a collector saw it first; zero in the exports of others

	Where string // place in the export, for people: "line 12", "like.js, entry 3"
	Left  string // why this is not imported although it could be read: "a down vote"
	Err   error  // why it could not be read
}

// Format is one kind of export.
type Format struct {
	Name  string // for --format
	Title string // for people, after "this is": "a Pocket export"
	// Find returns those of the parts that Read needs; none where this is another
	// format. An error says that it is this format, and why it cannot be read.
	Find func(parts []Part) ([]Part, error)
	// Read calls fn for each entry. An error of fn ends it and is returned; what is
	// wrong with the export is told as an Entry.
	Read func(ctx context.Context, parts []Part, fn func(Entry) error) error
}

// Formats are those that this package reads, in the order in which they are tried.
func Formats() []Format {
	return []Format{ownLines(), ownTable(), xArchive(), reddit(), takeout(), pocketTable(), pocketPage(), bookmarks()}
}

// ErrUnknown says that no format fits.
var ErrUnknown = errors.New("this is none of the exports that can be imported")

// ErrWhich says that somebody has to choose among the parts of an export.
var ErrWhich = errors.New("several parts could be meant")

// Recognise finds the format of an export by its content, and those of its parts
// that hold something. name "" tries all formats; else it is the one to take.
func Recognise(formats []Format, parts []Part, name string) (Format, []Part, error) {
	var names []string
	for _, f := range formats {
		names = append(names, f.Name)
		if name != "" && f.Name != name {
			continue
		}
		found, err := f.Find(parts)
		if err != nil {
			return f, nil, fmt.Errorf("reading %s: %w", f.Title, err)
		}
		if len(found) > 0 {
			return f, found, nil
		}
		if name != "" {
			return f, nil, fmt.Errorf("%w: it is not %s", ErrUnknown, f.Title)
		}
	}
	if name != "" {
		return Format{}, nil, fmt.Errorf("%w: there is no format %q, only %s", ErrUnknown, name, strings.Join(names, ", "))
	}
	return Format{}, nil, ErrUnknown
}

// failed is the entry of what cannot be read.
func failed(list List, where, format string, a ...any) Entry {
	return Entry{List: list, Where: where, Err: fmt.Errorf(format, a...)}
}
