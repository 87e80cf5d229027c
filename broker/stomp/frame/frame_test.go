package frame

import (
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// read decodes all of a stream that comes by the reader.
func read(r io.Reader, v Version, limits Limits) ([]Frame, error) {
	d := NewDecoder(limits)
	d.Speak(v, limits)
	var out []Frame
	for {
		for {
			f, err := d.Next()
			if err != nil {
				return out, err
			}
			if f == nil {
				break
			}
			out = append(out, *f)
		}
		if _, err := d.Fill(r); err != nil {
			return out, nil
		}
	}
}

func one(t *testing.T, text string, v Version) Frame {
	t.Helper()
	got, err := read(strings.NewReader(text), v, Defaults())
	if err != nil || len(got) != 1 {
		t.Fatalf("%q in %s: %d frames, %v", text, v, len(got), err)
	}
	return got[0]
}

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		text    string
		version Version
		want    Frame
	}{
		{"SEND\ndestination:/queue/a\n\nhello\x00", V12, Frame{Send, []Header{{"destination", "/queue/a"}}, []byte("hello")}},
		// 1.2, Augmented BNF: a line may end in CR LF.
		{"SEND\r\ndestination:/queue/a\r\n\r\nhello\r\n\x00", V12, Frame{Send, []Header{{"destination", "/queue/a"}}, []byte("hello\r\n")}},
		// In 1.1 a line ends in LF alone: what stands before it is the value's.
		{"SEND\na:b\r\n\n\x00", V11, Frame{Send, []Header{{"a", "b\r"}}, nil}},
		// content-length counts bytes, and a body of that length may hold NUL.
		{"SEND\ncontent-length:4\n\né\x00x\x00", V12, Frame{Send, []Header{{"content-length", "4"}}, []byte("é\x00x")}},
		{"SEND\ncontent-length:0\n\n\x00", V12, Frame{Send, []Header{{"content-length", "0"}}, nil}},
		// 1.2, Value Encoding, each escape, several in one value, in names too.
		{"SEND\nk\\c1:a\\\\n\\n\\n\\r\\c\\c\n\n\x00", V12, Frame{Send, []Header{{"k:1", "a\\n\n\n\r::"}}, nil}},
		{"SEND\nk:a\\n\\c\\\\\n\n\x00", V11, Frame{Send, []Header{{"k", "a\n:\\"}}, nil}},
		// 1.0 knows no escapes, and its examples have spaces around values.
		{"SEND\nk: a\\n \n\n\x00", V10, Frame{Send, []Header{{"k", `a\n`}}, nil}},
		{"SEND\nk: a \n\n\x00", V12, Frame{Send, []Header{{"k", " a "}}, nil}},
		// A value may hold colons, whatever the grammar says; everybody sends them.
		{"SEND\nurl:http://a:1/\n\n\x00", V12, Frame{Send, []Header{{"url", "http://a:1/"}}, nil}},
		{"SEND\nempty:\n\n\x00", V12, Frame{Send, []Header{{"empty", ""}}, nil}},
		// CONNECT is not escaped in any version.
		{"CONNECT\npasscode:a\\tb\r\n\n\x00", Unknown, Frame{Connect, []Header{{"passcode", `a\tb`}}, nil}},
		{"SEND\na:1\na:2\n\n\x00", V12, Frame{Send, []Header{{"a", "1"}, {"a", "2"}}, nil}},
		// Line ends before and after a frame are heart-beats.
		{"\n\r\n\nDISCONNECT\n\n\x00\n\n\r\n", V12, Frame{Disconnect, []Header{}, nil}},
	} {
		if got := one(t, c.text, c.version); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q in %s is %q, want %q", c.text, c.version, got, c.want)
		}
	}
	f := Frame{Headers: []Header{{"a", "1"}, {"a", "2"}}}
	if f.Value("a") != "1" {
		t.Error("of a repeated header not the first counts")
	}
}

func TestMalformed(t *testing.T) {
	small := Limits{Headers: 3, Line: 20, Head: 40, Body: 10}
	for text, reason := range map[string]string{
		"GET / HTTP/1.1\r\n": "no command of STOMP",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x00": "no command of STOMP",
		"send\n\n\x00":                                   "no command of STOMP",
		" SEND\n":                                        "no command of STOMP",
		"SEND\nnocolon\n\n\x00":                          "no colon",
		"SEND\n:v\n\n\x00":                               "nothing before it",
		"SEND\na:\\t\n\n\x00":                            `\t is no escape of STOMP 1.2`,
		"SEND\na:\\\n\n\x00":                             "single backslash",
		"SEND\na:\xff\n\n\x00":                           "UTF-8",
		"SEND\na:b\x00SEND\na:b\n\n\x00":                 "NUL byte stands among the headers",
		"SEND\na:1\na:2\na:3\na:4\n":                     "more than 3 headers",
		"SEND\na:" + strings.Repeat("x", 30):             "more than 20 bytes",
		"SEND\na:234567890\nb:234567890\nc:234567890\nd": "more than 40 bytes",
		"SEND\ncontent-length:x\n\n":                     "no number of bytes",
		"SEND\ncontent-length:-1\n\n":                    "no number of bytes",
		"SEND\ncontent-length:11\n\n":                    "more than 10 bytes",
		"SEND\ncontent-length:99999999999999999999\n":    "more than 20 bytes",
		"SEND\ncontent-length:2\n\nabc\x00":              "does not end with a NUL",
		"SEND\n\n12345678901":                            "more than 10 bytes",
	} {
		for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
			got, err := read(r, V12, small)
			if len(got) != 0 || !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), reason) {
				t.Errorf("%q: %d frames, error %v, want %q", text, len(got), err, reason)
			}
		}
	}
	if _, err := read(strings.NewReader("SEND\na:\\r\n\n\x00"), V11, Defaults()); err == nil {
		t.Error("1.1 has no escape for a carriage return")
	}
	for _, text := range []string{"SEND\na:1\na:2\na:3\n\n1234567890\x00", "SEND\r\na:345678901234567890\r\n\r\n\x00"} {
		if got, err := read(strings.NewReader(text), V12, small); err != nil || len(got) != 1 {
			t.Errorf("%q is within the limits: %v", text, err)
		}
	}
}

// TestErrorStays: what follows a malformed frame is not read as a frame.
func TestErrorStays(t *testing.T) {
	d := NewDecoder(Defaults())
	if _, err := d.Fill(strings.NewReader("BAD\n\n\x00SEND\n\n\x00")); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if f, err := d.Next(); f != nil || !errors.Is(err, ErrMalformed) {
			t.Fatalf("%v, %v", f, err)
		}
	}
}

// TestHoldsLittle: what a decoder holds of an endless line, an endless head and
// an endless body is within a small multiple of the limit, and what it held for
// a large body is given back.
func TestHoldsLittle(t *testing.T) {
	limits := Limits{Headers: 10, Line: 1 << 10, Head: 8 << 10, Body: 256 << 10}
	for _, start := range []string{"", "SEND\n", "SEND\na:", "SEND\n\n", "SEND\ncontent-length:262144\n\n"} {
		d := NewDecoder(limits)
		r := io.MultiReader(strings.NewReader(start), iotest.HalfReader(endless{}))
		most, err := 0, error(nil)
		for range 1 << 12 {
			if _, err = d.Fill(r); err != nil {
				t.Fatal(err)
			}
			var f *Frame
			if f, err = d.Next(); err != nil {
				break
			} else if f != nil {
				t.Fatalf("%q: a frame", start)
			}
			if most = max(most, cap(d.buf)); most > 20*limits.Body {
				break
			}
		}
		if !errors.Is(err, ErrMalformed) || most > 3*limits.Body {
			t.Errorf("%q: error %v, %d bytes were held", start, err, most)
		}
	}
	d := NewDecoder(limits)
	whole := strings.NewReader("SEND\n\n" + strings.Repeat("x", 200<<10) + "\x00\n")
	for whole.Len() > 0 {
		if _, err := d.Fill(whole); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Next(); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 {
		if _, err := d.Fill(strings.NewReader("\n")); err != nil || !d.Pending() {
			t.Fatal(err, "a byte was not noticed")
		}
		if _, err := d.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if cap(d.buf) > 4*leastRead {
		t.Errorf("%d bytes are kept for one at a time", cap(d.buf))
	}
	if f, err := d.Next(); f != nil || err != nil || d.Pending() {
		t.Errorf("a heart-beat is %v, %v, pending %v", f, err, d.Pending())
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// text draws header text with everything that needs care.
func text(t *rapid.T, label string) string {
	return rapid.StringMatching(`[a-zé/\\: \n\r,.-]{1,12}`).Draw(t, label)
}

func frames(t *rapid.T) []Frame {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Frame {
		f := Frame{Command: rapid.SampledFrom([]string{Send, Message, Ack, Error}).Draw(t, "command")}
		for range rapid.IntRange(0, 5).Draw(t, "headers") {
			f.Add("h"+text(t, "name"), text(t, "value"))
		}
		f.Body = rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "body")
		return f
	}), 1, 6).Draw(t, "frames")
}

// TestEncodedIsDecoded: what is written in a version is read as it was meant, bodies
// byte by byte; headers that the version cannot carry are missing, never altered.
func TestEncodedIsDecoded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SampledFrom(versions).Draw(t, "version")
		for _, f := range frames(t) {
			got := one2(t, f.Append(nil, v), v)
			want := Frame{Command: f.Command}
			for _, h := range f.Headers {
				if v == V12 || v == V11 && !strings.HasSuffix(h.Value, "\r") || !strings.ContainsAny(h.Name+h.Value, "\r\n") && !strings.Contains(h.Name, ":") {
					want.Headers = append(want.Headers, h)
				}
			}
			if v == V10 {
				want.Trim()
			}
			if len(f.Body) > 0 {
				got.Headers = got.Headers[:len(got.Headers)-1] // content-length
			}
			if got.Command != want.Command || string(got.Body) != string(f.Body) || len(got.Headers) != len(want.Headers) {
				t.Fatalf("%q in %s was read as %q", f, v, got)
			}
			for i := range got.Headers {
				if got.Headers[i] != want.Headers[i] {
					t.Fatalf("%q in %s was read as %q", want, v, got)
				}
			}
		}
	})
}

func one2(t *rapid.T, data []byte, v Version) Frame {
	got, err := read(strings.NewReader(string(data)), v, Defaults())
	if err != nil || len(got) != 1 {
		t.Fatalf("%q in %s: %d frames, %v", data, v, len(got), err)
	}
	return got[0]
}

// pieces reads what it was given in pieces of drawn lengths.
type pieces struct {
	data []byte
	next func() int
}

func (p *pieces) Read(out []byte) (int, error) {
	if len(p.data) == 0 {
		return 0, io.EOF
	}
	n := copy(out[:min(len(out), max(1, p.next()))], p.data)
	p.data = p.data[n:]
	return n, nil
}

// TestAnySplitIsTheSame: however the bytes of a stream are cut, the same frames come out of it,
// with line ends between them or without.
func TestAnySplitIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SampledFrom(versions).Draw(t, "version")
		var stream []byte
		for _, f := range frames(t) {
			stream = f.Append(stream, v)
			stream = append(stream, rapid.SampledFrom([]string{"", "\n", "\r\n", "\n\n"}).Draw(t, "between")...)
		}
		want, err := read(strings.NewReader(string(stream)), v, Defaults())
		if err != nil {
			t.Fatal(err)
		}
		got, err := read(&pieces{stream, func() int { return rapid.IntRange(1, 9).Draw(t, "piece") }}, v, Defaults())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%q in pieces is %q, %v; want %q", stream, got, err, want)
		}
	})
}

func TestNegotiate(t *testing.T) {
	for accept, want := range map[string]Version{
		"1.0": V10, "1.1": V11, "1.2": V12, "1.0,1.1,1.2": V12, "1.1,1.0": V11, "1.2, 1.1": V12, "2.0,1.1": V11, "3.0": Unknown, "": Unknown, "1.20": Unknown,
	} {
		if got, ok := Negotiate(accept, true); got != want || ok != (want != Unknown) {
			t.Errorf("%q: %s, %v", accept, got, ok)
		}
	}
	if got, ok := Negotiate("", false); got != V10 || !ok {
		t.Error("a client that names no version speaks 1.0")
	}
	if Supported() != "1.2,1.1,1.0" {
		t.Error(Supported())
	}
}

// FuzzDecode: no input makes the decoder panic or hold more than the limits allow, all
// ways to cut it give the same, and what was read is written and read again alike.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"CONNECT\naccept-version:1.0,1.1,1.2\nhost:x\n\n\x00", "\n\nSEND\ndestination:/queue/a\ncontent-length:3\n\na\x00b\x00\r\n",
		"SEND\r\nk\\c:\\n\\\\\r\n\r\nbody\x00SEND\n\n\x00", "SEND\ncontent-length:9\n\n\x00", "MESSAGE\na:b", "ACK\nid: 1 \n\n\x00",
	} {
		for _, v := range []int{0, 1, 2, 3} {
			f.Add([]byte(seed), v, 3)
		}
	}
	limits := Limits{Headers: 8, Line: 64, Head: 256, Body: 512}
	f.Fuzz(func(t *testing.T, data []byte, version, piece int) {
		v := Version(version & 3)
		want, wantErr := read(strings.NewReader(string(data)), v, limits)
		got, err := read(&pieces{data, func() int { return piece & 15 }}, v, limits)
		if (err == nil) != (wantErr == nil) || len(got) != len(want) {
			t.Fatalf("in pieces of %d: %d frames and %v, at once %d and %v", piece&15, len(got), err, len(want), wantErr)
		}
		for i, f := range want {
			if !reflect.DeepEqual(got[i], f) {
				t.Fatalf("in pieces %q, at once %q", got[i], f)
			}
			if len(f.Body) > limits.Body || len(f.Headers) > limits.Headers {
				t.Fatalf("beyond the limits: %q", f)
			}
			again, err := read(strings.NewReader(string(f.Append(nil, v))), v, Defaults())
			if err != nil || len(again) != 1 || string(again[0].Body) != string(f.Body) || again[0].Command != f.Command {
				t.Fatalf("%q was written and read as %q, %v", f, again, err)
			}
			for _, h := range again[0].Headers {
				if h.Name != "content-length" && !slices.Contains(f.Headers, h) {
					t.Fatalf("%q has a header more: %q", again[0], h)
				}
			}
		}
	})
}
