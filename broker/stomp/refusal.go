package stomp

import (
	"errors"
	"fmt"

	"collector/broker"
	"collector/broker/stomp/frame"
)

// refusal is an error that a client is told of in an ERROR frame, after which the
// connection ends (1.2, ERROR).
type refusal struct {
	message string       // what is wrong, short
	detail  string       // the reason and the next step
	frame   *frame.Frame // which it is about; nil for the connection itself
	version bool         // the supported versions are named
}

func (r *refusal) Error() string { return r.message + ": " + r.detail }

func refuse(f *frame.Frame, message, detail string, a ...any) error {
	return &refusal{message: message, detail: fmt.Sprintf(detail, a...), frame: f}
}

// missing refuses a frame without a header that it needs.
func missing(f *frame.Frame, header string) error {
	return refuse(f, "header missing", "%s needs the header %s", f.Command, header)
}

// failed makes a refusal of what the broker says.
func failed(f *frame.Frame, err error) error {
	message := "the broker failed"
	switch {
	case errors.Is(err, broker.ErrDestination):
		message = "no such destination"
	case errors.Is(err, broker.ErrMessage):
		message = "message refused"
	case errors.Is(err, broker.ErrUnknown):
		message = "unknown message"
	case errors.Is(err, broker.ErrLost):
		message = "acknowledged too late"
	case errors.Is(err, broker.ErrGone):
		message = "messages missed"
	case errors.Is(err, broker.ErrFull):
		message = "the broker is full"
	case errors.Is(err, broker.ErrClosed):
		message = "the server is stopping"
	}
	return &refusal{message: message, detail: err.Error(), frame: f}
}

// toFrame is the ERROR frame.
func (r *refusal) toFrame() frame.Frame {
	f := frame.Frame{Command: frame.Error, Body: []byte(r.detail + "\n")}
	if r.version {
		f.Add("version", frame.Supported())
	}
	f.Add("message", r.message)
	if r.frame != nil {
		if receipt, ok := r.frame.Get("receipt"); ok {
			f.Add("receipt-id", receipt)
		}
	}
	f.Add("content-type", "text/plain")
	return f
}
