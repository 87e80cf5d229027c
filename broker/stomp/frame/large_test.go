package frame

import (
	"bytes"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

// TestLargeBodies: a body that is larger than a read comes out whole, whatever stands before
// and after it, and what is read later does not change it.
func TestLargeBodies(t *testing.T) {
	large := bytes.Repeat([]byte("0123456789abcdef"), mostRead/8)
	var stream []byte
	for _, length := range []string{"content-length:131072\n", ""} {
		for _, next := range []string{"", "\n\n", "ACK\nid:1\n\n\x00"} {
			stream = append(append(append(stream, "SEND\n"+length+"\n"...), large...), "\x00"+next...)
		}
	}
	for _, r := range []io.Reader{bytes.NewReader(stream), iotest.HalfReader(bytes.NewReader(stream))} {
		got, err := read(r, V12, Defaults())
		if err != nil || len(got) != 8 {
			t.Fatalf("%d frames, %v", len(got), err)
		}
		for i, f := range got {
			if f.Command == Send && !bytes.Equal(f.Body, large) {
				t.Errorf("frame %d has a body of %d bytes that is not what was sent", i, len(f.Body))
			}
		}
	}
}

// TestABodyOfKnownLengthIsThereOnce: it is neither copied nor read into room for more.
func TestABodyOfKnownLengthIsThereOnce(t *testing.T) {
	const size = 4 << 20
	text := "SEND\ncontent-length:4194304\n\n" + strings.Repeat("x", size) + "\x00"
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	d := NewDecoder(Defaults())
	in := strings.NewReader(text)
	var f *Frame
	for f == nil {
		if _, err := d.Fill(in); err != nil {
			t.Fatal(err)
		}
		var err error
		if f, err = d.Next(); err != nil {
			t.Fatal(err)
		}
		switch n := d.Body(size - 1); {
		case f == nil && n != size, f != nil && n != 0:
			t.Errorf("a body of %d bytes is being read", n)
		}
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; len(f.Body) != size || took > size+size/4 {
		t.Errorf("a body of %d bytes took %d", len(f.Body), took)
	}
}
