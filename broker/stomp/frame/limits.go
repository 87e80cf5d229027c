package frame

import (
	"errors"
	"fmt"
)

// Limits bound what one peer makes this side hold.
type Limits struct {
	Headers int // header lines of a frame
	Line    int // bytes of one header line, without its end
	Head    int // bytes of the command and all header lines
	Body    int // bytes of a body
}

// Defaults are the limits of a session that has logged in.
func Defaults() Limits {
	return Limits{Headers: 64, Line: 4 << 10, Head: 16 << 10, Body: 4 << 20}
}

// ErrMalformed is in every error of a Decoder: what came is no frame, or one
// beyond the limits. Nothing that follows it on the connection can be read.
var ErrMalformed = errors.New("malformed frame")

func malformed(format string, a ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, a...)...)
}
