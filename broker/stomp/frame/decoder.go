package frame

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Decoder cuts a stream of bytes into frames: Fill takes bytes in, Next gives
// the frames that are whole. It holds one unfinished frame within the limits, and what
// one Fill brought beyond it.
type Decoder struct {
	limits  Limits
	version Version

	buf  []byte // what came and is not taken: buf[at:]
	at   int
	room int // free bytes that the next read is given
	scan int // where the search for the end of the line or the body goes on

	line   int    // where the line that is being read begins
	lines  int    // whole lines of the head, the command's among them
	head   *Frame // whose body is being read
	length int    // of that body, -1 where a NUL byte ends it
	err    error
}

// NewDecoder returns a decoder for the first frame of a session.
func NewDecoder(limits Limits) *Decoder { return &Decoder{limits: limits, room: leastRead} }

// Speak sets the version and the limits of the frames that Next has not
// returned yet.
func (d *Decoder) Speak(v Version, limits Limits) { d.version, d.limits = v, limits }

// A read has room for what reads have brought lately: little for a peer that says
// little, so that many can be idle, and much for one that sends much.
const (
	leastRead = 1 << 10
	mostRead  = 64 << 10
)

// Fill reads once from r. It returns how many bytes came.
func (d *Decoder) Fill(r io.Reader) (int, error) {
	d.compact()
	room := cap(d.buf) - len(d.buf)
	if d.head != nil && d.length > mostRead {
		if whole := d.length + 1; cap(d.buf) < whole { // with the NUL byte
			d.buf = append(make([]byte, 0, whole+leastRead), d.buf...)
		}
	} else if room < d.room/2 || len(d.buf) == 0 && room > 4*d.room {
		size := len(d.buf) + d.room
		if len(d.buf) > 0 {
			size += len(d.buf) // a long body is copied a few times only
		}
		d.buf = append(make([]byte, 0, size), d.buf...)
	}
	free := d.buf[len(d.buf):cap(d.buf)]
	n, err := r.Read(free)
	d.buf = d.buf[:len(d.buf)+n]
	switch {
	case n == len(free):
		d.room = min(2*d.room, mostRead)
	case n < d.room/8:
		d.room = max(d.room/2, leastRead)
	}
	return n, err
}

// compact moves what is not taken yet to the beginning of the buffer.
func (d *Decoder) compact() {
	if d.at == 0 {
		return
	}
	n := copy(d.buf, d.buf[d.at:])
	d.buf = d.buf[:n]
	d.scan, d.line, d.at = d.scan-d.at, d.line-d.at, 0
}

// Pending says whether a frame has begun that is not whole.
func (d *Decoder) Pending() bool { return d.head != nil || d.lines > 0 || d.at < len(d.buf) }

// Body says how many bytes the body takes that is being read, where it takes more than so many,
// and 0 otherwise. Where a NUL byte will end it that is what the limits allow.
func (d *Decoder) Body(over int) int {
	switch {
	case d.head == nil:
	case d.length > over:
		return d.length
	case d.length < 0 && len(d.buf)-d.at > over:
		return d.limits.Body
	}
	return 0
}

// Next returns the next whole frame, nil where more bytes are needed. Line ends
// between frames, which are heart-beats, are passed over. An error is for good and wraps ErrMalformed.
func (d *Decoder) Next() (*Frame, error) {
	if d.err != nil {
		return nil, d.err
	}
	f, err := d.next()
	d.err = err
	return f, err
}

func (d *Decoder) next() (*Frame, error) {
	if d.head == nil {
		if whole, err := d.readHead(); err != nil || !whole {
			return nil, err
		}
	}
	end, err := d.bodyEnd()
	if err != nil || end < 0 {
		return nil, err
	}
	f := d.head
	if n := end - d.at; n > mostRead && cap(d.buf)-n <= mostRead { // the buffer is the body: it is there once
		f.Body = d.buf[d.at:end:end]
		d.buf = bytes.Clone(d.buf[end+1:])
		d.begin(0)
		return f, nil
	} else if n > 0 {
		f.Body = bytes.Clone(d.buf[d.at:end])
	}
	d.begin(end + 1)
	return f, nil
}

// begin starts over with the byte at the place given.
func (d *Decoder) begin(at int) {
	d.at, d.scan, d.line, d.lines, d.head = at, at, at, 0, nil
}

// readHead reads lines up to the blank one, and then parses them.
func (d *Decoder) readHead() (bool, error) {
	if d.lines == 0 && d.line == d.at {
		start := d.at
		for start < len(d.buf) && (d.buf[start] == '\n' || d.buf[start] == '\r') {
			start++
		}
		if start > d.scan {
			d.begin(start)
		}
	}
	for {
		end := bytes.IndexByte(d.buf[d.scan:], '\n')
		whole := end >= 0
		if whole {
			end += d.scan
		} else {
			end = len(d.buf)
		}
		line := d.buf[d.line:end]
		if err := d.checkLine(line, whole); err != nil {
			return false, err
		}
		if !whole {
			d.scan = end
			return false, nil
		}
		d.scan, d.line = end+1, end+1
		if len(line) == 0 || len(line) == 1 && line[0] == '\r' {
			return true, d.parseHead(string(d.buf[d.at:end]))
		}
		d.lines++
	}
}

// checkLine applies the limits, also to the part of a line that is there so far, so
// that nothing is kept that is refused in the end.
func (d *Decoder) checkLine(line []byte, whole bool) error {
	if d.lines == 0 {
		command := bytes.TrimSuffix(line[:min(len(line), longestCommand+2)], []byte{'\r'})
		if len(command) > longestCommand || whole && !known(string(command)) {
			return malformed("%q is no command of STOMP", command)
		}
		return nil
	}
	switch {
	case len(line) > d.limits.Line+1: // one for a carriage return
		return malformed("a header line has more than %d bytes", d.limits.Line)
	case d.line+len(line)-d.at > d.limits.Head:
		return malformed("the headers have more than %d bytes", d.limits.Head)
	case len(line) > 1 && d.lines > d.limits.Headers:
		return malformed("there are more than %d headers", d.limits.Headers)
	}
	return nil
}

// parseHead reads what stands before the blank line.
func (d *Decoder) parseHead(head string) error {
	if strings.IndexByte(head, 0) >= 0 {
		return malformed("a NUL byte stands among the headers: is the blank line after them missing?")
	}
	command, rest, _ := strings.Cut(head, "\n")
	f := &Frame{Command: strings.TrimSuffix(command, "\r"), Headers: make([]Header, 0, d.lines-1)}
	v := d.version
	if f.Command == Connect || f.Command == Connected || f.Command == Stomp {
		v = Unknown // 1.2, Value Encoding: these are not escaped
	}
	for range d.lines - 1 {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		h, err := parseHeader(line, v)
		if err != nil {
			return err
		}
		f.Headers = append(f.Headers, h)
	}
	if d.version == V10 {
		f.Trim()
	}
	d.at, d.scan, d.head, d.length = d.line, d.line, f, -1
	if text, ok := f.Get("content-length"); ok {
		n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 63)
		if err != nil {
			return malformed("content-length is no number of bytes")
		}
		if n > uint64(d.limits.Body) {
			return d.tooLong()
		}
		d.length = int(n)
	}
	return nil
}

// parseHeader splits a line at its first colon: a value may hold more of them in all versions.
func parseHeader(line string, v Version) (Header, error) {
	if v == V12 || v == Unknown { // 1.2, Augmented BNF: EOL is [CR] LF; before, LF alone
		line = strings.TrimSuffix(line, "\r")
	}
	name, value, ok := strings.Cut(line, ":")
	if !ok || name == "" {
		return Header{}, malformed("a header line has no colon, or nothing before it")
	}
	if !utf8.ValidString(line) {
		return Header{}, malformed("a header is not UTF-8")
	}
	var h Header
	var err error
	if h.Name, err = unescape(name, v); err != nil {
		return Header{}, err
	}
	h.Value, err = unescape(value, v)
	return h, err
}

// bodyEnd returns the place of the NUL byte after the body, -1 where it has not come.
func (d *Decoder) bodyEnd() (int, error) {
	if d.length >= 0 {
		end := d.at + d.length
		switch {
		case end >= len(d.buf):
			return -1, nil
		case d.buf[end] != 0:
			return -1, malformed("the body does not end with a NUL byte after the %d bytes of content-length", d.length)
		}
		return end, nil
	}
	end := bytes.IndexByte(d.buf[d.scan:], 0)
	if end >= 0 {
		end += d.scan
	} else {
		d.scan = len(d.buf)
	}
	if max(end, d.scan)-d.at > d.limits.Body {
		return -1, d.tooLong()
	}
	return end, nil
}

func (d *Decoder) tooLong() error {
	if d.limits.Body == 0 {
		return malformed("this frame has no body")
	}
	return malformed("the body has more than %d bytes", d.limits.Body)
}
