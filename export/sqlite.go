package export

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"collector/control"
	"collector/store"
	"collector/store/datasette"
)

// database writes an SQLite file. Such a file is not written from its beginning to its
// end, so it is made in a folder for passing things and then copied to where it goes: beside
// a file that has a name, with that name first, so that whoever cleans up after one cleans
// up after both; else among the system's temporary files, which a container may not have.
type database struct {
	to        io.Writer
	folder    string
	w         *datasette.Writer // nil once it is finished
	simulated bool
}

func newDatabase(ctx context.Context, to io.Writer, simulated bool) (*database, error) {
	in, name := "", "collector-export-"
	if f, is := to.(*os.File); is && f != os.Stdout {
		in, name = filepath.Dir(f.Name()), filepath.Base(f.Name())+"."
	}
	folder, err := os.MkdirTemp(in, name)
	if err != nil {
		return nil, fmt.Errorf("making a folder for an export: %w", err)
	}
	d := &database{to: to, folder: folder, simulated: simulated}
	if d.w, err = datasette.Create(ctx, d.path()); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func (d *database) path() string { return filepath.Join(d.folder, "likes.db") }

func (d *database) Write(ctx context.Context, it store.Liked) error {
	if d.simulated {
		it.Title = control.Mark + it.Title
	}
	return d.w.Add(ctx, it)
}

func (d *database) Flush(ctx context.Context) (err error) {
	w := d.w
	d.w = nil
	if err := w.Finish(ctx); err != nil {
		return err
	}
	f, err := os.Open(d.path())
	if err != nil {
		return fmt.Errorf("reading the file of an export: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	out := bufio.NewWriterSize(d.to, 64<<10)
	if _, err := io.Copy(out, f); err != nil {
		return fmt.Errorf("copying the file of an export: %w", err)
	}
	return out.Flush()
}

func (d *database) Close() {
	if d.w != nil {
		d.w.Abandon()
		d.w = nil
	}
	_ = os.RemoveAll(d.folder) // what is left is the system's to clean, in its folder for passing things
}
