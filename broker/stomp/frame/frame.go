// Package frame reads and writes the frames of STOMP 1.0, 1.1 and 1.2: a command,
// header lines, a blank line, a body and a NUL byte. It knows no meaning of
// commands. Bytes of any number go in, in any pieces, and frames come out; what
// one peer can make it hold is bounded by Limits. What the versions write
// differently (the end of a line, escapes in headers, spaces around values) is
// kept here, so that nobody else needs to know which one is spoken.
//
// Sources: https://stomp.github.io/stomp-specification-1.2.html, -1.1.html and
// -1.0.html; "1.2, Value Encoding" below names a section of the first.
package frame

import "strings"

// Header is one header line, decoded.
type Header struct{ Name, Value string }

// Frame is one frame, decoded. Headers keep their order and their repetitions.
type Frame struct {
	Command string
	Headers []Header
	Body    []byte
}

// Commands of clients (the first two open a session) and of servers.
const (
	Connect     = "CONNECT"
	Stomp       = "STOMP"
	Send        = "SEND"
	Subscribe   = "SUBSCRIBE"
	Unsubscribe = "UNSUBSCRIBE"
	Ack         = "ACK"
	Nack        = "NACK"
	Begin       = "BEGIN"
	Commit      = "COMMIT"
	Abort       = "ABORT"
	Disconnect  = "DISCONNECT"

	Connected = "CONNECTED"
	Message   = "MESSAGE"
	Receipt   = "RECEIPT"
	Error     = "ERROR"
)

// known says whether a command is one of the protocol, of either side.
func known(command string) bool {
	switch command {
	case Connect, Stomp, Send, Subscribe, Unsubscribe, Ack, Nack, Begin, Commit, Abort, Disconnect,
		Connected, Message, Receipt, Error:
		return true
	}
	return false
}

// longestCommand is the number of bytes of UNSUBSCRIBE.
const longestCommand = len(Unsubscribe)

// Get returns the value of a header and whether there is one. Of a header that
// is repeated the first counts (1.2, Repeated Header Entries).
func (f *Frame) Get(name string) (string, bool) {
	for _, h := range f.Headers {
		if h.Name == name {
			return h.Value, true
		}
	}
	return "", false
}

// Value is Get without the question whether the header is there.
func (f *Frame) Value(name string) string {
	value, _ := f.Get(name)
	return value
}

// Trim takes spaces from both ends of names and values, as the examples of
// STOMP 1.0 need (`login: <username>`). Later versions forbid it (1.2, Value
// Encoding). The decoder does it for a session in 1.0; for the frame that
// opens one, whose version is only known from its headers, the server does.
func (f *Frame) Trim() {
	for i, h := range f.Headers {
		f.Headers[i] = Header{strings.TrimSpace(h.Name), strings.TrimSpace(h.Value)}
	}
}

// Add appends a header.
func (f *Frame) Add(name, value string) {
	f.Headers = append(f.Headers, Header{name, value})
}
