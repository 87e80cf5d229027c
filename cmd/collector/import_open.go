package main

import (
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"collector/imports"
	"collector/item"
)

// openedExport is an opened export.
type openedExport struct {
	parts  []imports.Part
	made   time.Time
	format imports.Format
	close  func() error
}

// openExport opens a file, an archive or a folder.
func openExport(name string) (*openedExport, error) {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, you(exitUsage, "check the name of the file", "there is no file or folder %s", line(name))
	}
	if err != nil {
		return nil, you(exitUsage, "check the name of the file", "%w", err)
	}
	nothing := func() error { return nil }
	if info.IsDir() {
		parts, err := imports.Folder(os.DirFS(name))
		if err != nil {
			return nil, you(exitUsage, "check that the folder can be read", "%w", err)
		}
		return &openedExport{parts: parts, close: nothing}, nil
	}
	if !info.Mode().IsRegular() { // a pipe could be read once, and not looked at before
		return nil, you(exitUsage, "save it to a file first", "%s is no ordinary file", line(name))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, you(exitUsage, "check that the file can be read", "%w", err)
	}
	if imports.IsArchive(f) {
		parts, err := imports.Archive(f, info.Size())
		if err != nil {
			return nil, you(exitUsage, "download it again: it may have been cut off", "%w", errors.Join(err, f.Close()))
		}
		return &openedExport{parts: parts, close: f.Close}, nil
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	alone := imports.Part{
		Name: filepath.Base(name), Path: name, Alone: true, Made: info.ModTime(),
		Open: func() (io.ReadCloser, error) { return os.Open(name) },
	}
	return &openedExport{parts: []imports.Part{alone}, close: nothing}, nil
}

// byTime parts entries by when they were observed, the oldest first: when a collector
// saw them first, or when the export was made.
func byTime(entries []imports.Entry, made time.Time) iter.Seq2[time.Time, []item.Item] {
	at := func(e imports.Entry) time.Time {
		if e.Seen.IsZero() || e.Seen.After(made) {
			return made
		}
		return e.Seen
	}
	entries = slices.Clone(entries)
	slices.SortStableFunc(entries, func(a, b imports.Entry) int { return at(a).Compare(at(b)) })
	return func(yield func(time.Time, []item.Item) bool) {
		for len(entries) > 0 {
			when := at(entries[0])
			var items []item.Item
			for len(entries) > 0 && at(entries[0]).Equal(when) {
				items = append(items, entries[0].Item)
				entries = entries[1:]
			}
			if !yield(when, items) {
				return
			}
		}
	}
}
