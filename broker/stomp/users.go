package stomp

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
)

// ErrLogin says that a user's name or password is wrong.
var ErrLogin = errors.New("the login or the passcode is wrong")

// Rights are the destinations that a user may use: each "/queue/jobs", or
// "/topic/*" for all that begin so; "*" for all.
type Rights struct{ Send, Subscribe []string }

// Everything are the rights of a user for whom none are named.
func Everything() Rights { return Rights{Send: []string{"*"}, Subscribe: []string{"*"}} }

func allowed(patterns []string, destination string) bool {
	for _, p := range patterns {
		if beginning, many := strings.CutSuffix(p, "*"); p == destination || many && strings.HasPrefix(destination, beginning) {
			return true
		}
	}
	return false
}

// Users are those of a file, by name. Passwords are kept as hashes.
type Users map[string]account

type account struct {
	password [sha256.Size]byte
	rights   Rights
}

// ParseUsers reads users, one a line: the name, the password, and what the user may do, each
// as send=PATTERN or subscribe=PATTERN (Rights); all where nothing is said. Empty lines and those that begin with # are passed
// over. Errors name the line and show nothing of it.
//
//	ada   long-password
//	door  other-password  send=/queue/visits  subscribe=/topic/*
func ParseUsers(text string) (Users, error) {
	users := Users{}
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) < 2 {
			return nil, fmt.Errorf("line %d: write a name, a password, and what the user may do, with spaces between them", n)
		}
		if _, twice := users[fields[0]]; twice {
			return nil, fmt.Errorf("line %d: this name stands further up too", n)
		}
		a := account{password: sha256.Sum256([]byte(fields[1]))}
		for _, f := range fields[2:] {
			what, pattern, _ := strings.Cut(f, "=")
			if pattern != "*" && !strings.HasPrefix(pattern, "/queue/") && !strings.HasPrefix(pattern, "/topic/") {
				return nil, fmt.Errorf("line %d: a right is send= or subscribe= and a destination, such as send=/queue/visits or subscribe=/topic/*", n)
			}
			switch what {
			case "send":
				a.rights.Send = append(a.rights.Send, pattern)
			case "subscribe":
				a.rights.Subscribe = append(a.rights.Subscribe, pattern)
			default:
				return nil, fmt.Errorf("line %d: a right is send= or subscribe= and a destination", n)
			}
		}
		if len(fields) == 2 {
			a.rights = Everything()
		}
		users[fields[0]] = a
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the users: %w", err)
	}
	if len(users) == 0 {
		return nil, errors.New("no user is named: write one a line, a name and a password")
	}
	return users, nil
}

// Login is for Options.Login. It takes as long for a name that is unknown as for a wrong password.
func (u Users) Login(_ context.Context, user, password string) (Rights, error) {
	a, known := u[user]
	given := sha256.Sum256([]byte(password))
	if subtle.ConstantTimeCompare(given[:], a.password[:]) != 1 || !known {
		return Rights{}, ErrLogin
	}
	return a.rights, nil
}
