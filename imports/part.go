package imports

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// Limits of what is read. An export of a lifetime is far below them.
const (
	mostParts   = 200_000  // files in an archive or a folder
	mostPart    = 4 << 30  // bytes of one part, unpacked
	bombFrom    = 16 << 20 // bytes from which on the ratio counts
	bombRatio   = 200      // unpacked to packed; texts come to about 20
	headLength  = 64 << 10 // bytes by which a format is recognised
	longest     = 4 << 20  // bytes of one entry
	longestLike = 1 << 20  // bytes of one entry of a JSON list
)

// ErrTooLarge says that a part of an export unpacks to more than any export holds.
var ErrTooLarge = errors.New("it unpacks to more than an export can hold, so it is not read further")

// Part is one file of an export.
type Part struct {
	Name  string    // path in the archive or folder, slashes between
	Path  string    // where the file is on this machine; "" inside an archive
	Alone bool      // it was handed in by itself, so that its name may be any
	Made  time.Time // when it was written; zero where that is not told
	Open  func() (io.ReadCloser, error)
}

// Base is the name without folders.
func (p Part) Base() string { return path.Base(p.Name) }

// has tells whether the name ends in one of the endings, in whatever case, or says
// nothing.
func (p Part) has(endings ...string) bool {
	return p.Alone || slices.ContainsFunc(endings, func(e string) bool { return strings.HasSuffix(strings.ToLower(p.Name), e) })
}

// head is the beginning of the part as text.
func (p Part) head() string {
	r, err := p.Open()
	if err != nil {
		return ""
	}
	defer r.Close()
	b := make([]byte, headLength)
	n, _ := io.ReadFull(text(r, ""), b) // a shorter part ends early
	return string(b[:n])
}

// IsArchive tells whether a file begins like a zip archive.
func IsArchive(r io.ReaderAt) bool {
	b := make([]byte, 4)
	n, _ := r.ReadAt(b, 0) // what is shorter is none
	return n == 4 && (string(b) == "PK\x03\x04" || string(b) == "PK\x05\x06")
}

// Archive lists the parts of a zip archive.
func Archive(r io.ReaderAt, size int64) ([]Part, error) {
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // nothing is unpacked to a path
		return nil, fmt.Errorf("the archive cannot be opened: %w", err)
	}
	if len(z.File) > mostParts {
		return nil, fmt.Errorf("the archive has %d files: %w", len(z.File), ErrTooLarge)
	}
	var out []Part
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			continue
		}
		out = append(out, Part{Name: f.Name, Made: f.Modified, Open: func() (io.ReadCloser, error) {
			if f.Flags&1 != 0 {
				return nil, fmt.Errorf("%s is encrypted: unpack the archive with its password, and import the folder", f.Name)
			}
			in, err := f.Open()
			if err != nil {
				return nil, fmt.Errorf("%s in the archive: %w", f.Name, err)
			}
			return &limited{ReadCloser: in, packed: int64(f.CompressedSize64)}, nil
		}})
	}
	return out, nil
}

// Folder lists the files of a folder, where an export was unpacked to.
func Folder(fsys fs.FS) ([]Part, error) {
	var out []Part
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		if len(out) == mostParts {
			return fmt.Errorf("the folder has more than %d files: %w", mostParts, ErrTooLarge)
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		out = append(out, Part{Name: name, Made: info.ModTime(), Open: func() (io.ReadCloser, error) { return fsys.Open(name) }})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing the folder: %w", err)
	}
	return out, nil
}

// limited ends a part that unpacks to more than it can hold.
type limited struct {
	io.ReadCloser
	packed, read int64
}

func (l *limited) Read(b []byte) (int, error) {
	n, err := l.ReadCloser.Read(b)
	l.read += int64(n)
	if l.read > mostPart || l.read > bombFrom && l.read > bombRatio*l.packed {
		return 0, ErrTooLarge
	}
	return n, err
}

// rationed ends a reading that takes more for one entry than any entry has, so that
// a quotation mark or a brace that is never closed does not fill the memory.
type rationed struct {
	r     io.Reader
	most  int // bytes
	taken int
}

var errLongEntry = errors.New("one entry is longer than any can be: a quotation mark or a bracket may not be closed")

// next begins an entry.
func (r *rationed) next() { r.taken = 0 }

func (r *rationed) Read(b []byte) (int, error) {
	if r.taken > r.most {
		return 0, errLongEntry
	}
	n, err := r.r.Read(b)
	r.taken += n
	return n, err
}
