package fetch

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
)

// ended says whether a read was the last one, and whether it failed.
func ended(err error) (bool, error) {
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return true, nil
	}
	return err != nil, err
}

// room is the first size of a buffer.
func room(resp *http.Response) int {
	if n := resp.ContentLength; n > 0 && n <= smallBytes/4 && resp.Header.Get("Content-Encoding") == "" {
		return int(n)
	}
	return 16 << 10
}

// unpacked undoes gzip, nil for an empty body.
func unpacked(resp *http.Response) (io.Reader, error) {
	raw := &bounded{r: resp.Body, left: largeBytes + smallBytes}
	switch strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding"))) {
	case "", "identity":
		return raw, nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(raw)
		if errors.Is(err, io.EOF) && raw.left == largeBytes+smallBytes {
			return nil, nil
		}
		if err != nil {
			return nil, packed(err)
		}
		return gunzip{z}, nil
	}
	return nil, errEncoding
}

// gunzip tells damage of the packing from errors of the wire.
type gunzip struct{ r io.Reader }

func (g gunzip) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	return n, packed(err)
}

func packed(err error) error {
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || err != nil && strings.HasPrefix(err.Error(), "flate: corrupt") {
		return errPacked
	}
	return err
}

// bounded ends a body that is endless even before it is unpacked.
type bounded struct {
	r    io.Reader
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLarge
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
