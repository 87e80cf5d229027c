package broker

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is what a destination does with its messages.
type Kind string

// The kinds of destinations.
const (
	Queue Kind = "queue" // one consumer gets a message
	Topic Kind = "topic" // all subscribers get it
)

// ErrDestination says that a destination cannot be.
var ErrDestination = errors.New("no such destination")

// Destination splits "/queue/NAME" or "/topic/NAME". A name has 1 to 100 bytes of
// UTF-8 without control characters and spaces; it may hold slashes and dots, which
// mean nothing. Topics of dashes alone are those of forgotten messages (Blank). ErrDestination,
// with the reason, is about anything else.
func Destination(text string) (Kind, string, error) {
	kind, name, _ := strings.Cut(strings.TrimPrefix(text, "/"), "/")
	switch {
	case !strings.HasPrefix(text, "/"), kind != string(Queue) && kind != string(Topic):
		return "", "", fmt.Errorf("%w: %.60q begins with neither /queue/ nor /topic/", ErrDestination, text)
	case name == "" || len(name) > 100:
		return "", "", fmt.Errorf("%w: the name in %.60q has %d bytes; 1 to 100 are allowed", ErrDestination, text, len(name))
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unwanted):
		return "", "", fmt.Errorf("%w: the name in %.60q has spaces, control characters or is no UTF-8", ErrDestination, text)
	case kind == string(Topic) && strings.Trim(name, "-") == "":
		return "", "", fmt.Errorf("%w: %.60q is where forgotten messages stay, which nobody is sent", ErrDestination, text)
	}
	return Kind(kind), name, nil
}

func unwanted(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }
