package bring

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"collector/imports"
)

// Pack writes an export that was recognised, as a collector elsewhere is to get it: its file
// as it is; of a folder an archive of what is read of it.
func (x *Export) Pack(w io.Writer) (err error) {
	if x.path != "" {
		f, err := os.Open(x.path)
		if err != nil {
			return fmt.Errorf("reading the export: %w", err)
		}
		_, err = io.Copy(w, f)
		return errors.Join(err, f.Close())
	}
	z := zip.NewWriter(w)
	for _, p := range x.parts {
		if err := pack(z, p); err != nil {
			return fmt.Errorf("packing %s: %w", p.Name, err)
		}
	}
	return z.Close()
}

func pack(z *zip.Writer, p imports.Part) error {
	in, err := p.Open()
	if err != nil {
		return err
	}
	out, err := z.CreateHeader(&zip.FileHeader{Name: p.Name, Method: zip.Store, Modified: p.Made}) // packed more it could look like a bomb
	if err == nil {
		_, err = io.Copy(out, in)
	}
	return errors.Join(err, in.Close())
}

// Name is what the file is called, "" for a folder.
func (x *Export) Name() string {
	if x.path == "" {
		return ""
	}
	return filepath.Base(x.path)
}
