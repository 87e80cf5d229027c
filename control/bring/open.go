package bring

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"collector/control/words"
	"collector/imports"
	"collector/store/datasette"
	"collector/store/githubtosqlite"
)

// Export is an opened export. Recognise says what it is.
type Export struct {
	Format imports.Format
	Made   time.Time // when it was made, as far as is known
	path   string    // of the file; "" for a folder
	parts  []imports.Part
	close  func() error
}

// Close closes what is open of it.
func (x *Export) Close() error { return x.close() }

// Open opens a file, an archive or a folder. name is what the file is called where its path
// says nothing, "" for the last part of the path.
func Open(path, name string) (*Export, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, wrong("check the name of the file", "there is no file or folder %s", words.Line(path))
	}
	if err != nil {
		return nil, wrong("check the name of the file", "%w", err)
	}
	nothing := func() error { return nil }
	if info.IsDir() {
		parts, err := imports.Folder(os.DirFS(path))
		if err != nil {
			return nil, wrong("check that the folder can be read", "%w", err)
		}
		return &Export{parts: parts, close: nothing}, nil
	}
	if !info.Mode().IsRegular() { // a pipe could be read once, and not looked at before
		return nil, wrong("save it to a file first", "%s is no ordinary file", words.Line(path))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, wrong("check that the file can be read", "%w", err)
	}
	if imports.IsArchive(f) {
		parts, err := imports.Archive(f, info.Size())
		if err != nil {
			return nil, wrong("download it again: it may have been cut off", "%w", errors.Join(err, f.Close()))
		}
		return &Export{path: path, parts: parts, close: f.Close}, nil
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	alone := imports.Part{
		Name: cmp.Or(name, filepath.Base(path)), Path: path, Alone: true, Made: info.ModTime(),
		Open: func() (io.ReadCloser, error) { return os.Open(path) },
	}
	return &Export{path: path, parts: []imports.Part{alone}, close: nothing}, nil
}

// Recognise finds out what it is. now is when it is looked at: it was made no later.
func (x *Export) Recognise(o Options, now time.Time) error {
	parts := x.parts
	if o.Part != "" {
		parts = nil
		for _, p := range x.parts {
			if p.Name == o.Part || p.Base() == o.Part {
				p.Alone = true
				parts = append(parts, p)
			}
		}
		if len(parts) == 0 {
			return wrong("look into the archive or folder for its name", "there is no file %q in it", words.Plain(o.Part))
		}
	}
	formats := append([]imports.Format{githubtosqlite.Format(), datasette.Format()}, imports.Formats()...)
	f, found, err := imports.Recognise(formats, parts, o.Format)
	switch {
	case errors.Is(err, imports.ErrWhich):
		return wrong("--part NAME says which of them", "%w", err)
	case errors.Is(err, imports.ErrUnknown):
		return wrong("collector import --help   lists them; --format says what it is", "%w", err)
	case err != nil:
		return wrong("look at the file: is it whole?", "%w", err)
	}
	x.Format, x.parts = f, found
	if o.AsOf == "" {
		for _, p := range found {
			if p.Made.After(x.Made) {
				x.Made = p.Made.UTC()
			}
		}
	} else if x.Made, err = parseDay(o.AsOf); err != nil {
		return err
	}
	if now = now.UTC(); x.Made.IsZero() || x.Made.After(now) {
		x.Made = now
	}
	return nil
}

// parseDay reads Options.AsOf.
func parseDay(s string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, wrong("--as-of=2025-07-08", "--as-of=%s is no day and no time", words.Plain(s))
}
