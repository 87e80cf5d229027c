package frame

import "strconv"

// Append adds the frame to dst as the version writes it. The header
// content-length is written from the body wherever there is one, whatever
// Headers say. Headers that the version cannot express are left out: a line end in
// 1.0, say.
func (f *Frame) Append(dst []byte, v Version) []byte {
	if f.Command == Connect || f.Command == Connected || f.Command == Stomp {
		v = Unknown
	}
	dst = append(dst, f.Command...)
	dst = append(dst, '\n')
	for _, h := range f.Headers {
		if h.Name == "content-length" || !h.writable(v) {
			continue
		}
		dst = appendEscaped(dst, h.Name, v)
		dst = append(dst, ':')
		dst = appendEscaped(dst, h.Value, v)
		dst = append(dst, '\n')
	}
	if len(f.Body) > 0 {
		dst = append(dst, "content-length:"...)
		dst = strconv.AppendInt(dst, int64(len(f.Body)), 10)
		dst = append(dst, '\n')
	}
	dst = append(dst, '\n')
	dst = append(dst, f.Body...)
	return append(dst, 0)
}
