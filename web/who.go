package web

import (
	"context"
	"errors"
	"net/http"

	"collector/control"
)

// Who is the one on whose behalf a request is made. The zero value is nobody.
type Who struct {
	User     string // whose things may be seen
	Everyone bool   // in place of User: those of all users may be seen; this is the operator
	Change   bool   // they may be changed too
}

// Identify says who makes a request. An error that ErrSignIn is found in asks for a
// sign-in; a control.Problem is answered as it is.
type Identify func(*http.Request) (Who, error)

// ErrSignIn says that a request is nobody's: somebody has to sign in.
var ErrSignIn = errors.New("nobody is signed in")

// operator is who reaches the Unix socket, and a listener where nobody has to sign in.
func operator() Who { return Who{Everyone: true, Change: true} }

type whoKey struct{}

// WhoOf returns the one whom Known found. It is nobody where no Known was passed.
func WhoOf(ctx context.Context) Who {
	who, _ := ctx.Value(whoKey{}).(Who)
	return who
}

// WithWho is a context of a request by somebody.
func WithWho(ctx context.Context, who Who) context.Context {
	return context.WithValue(ctx, whoKey{}, who)
}

// Known lets a request pass once it is known who makes it. identify nil: nobody has to
// sign in.
func Known(identify Identify, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := operator(), error(nil)
		if identify != nil && !overSocket(r.Context()) {
			who, err = identify(r)
		}
		switch {
		case errors.Is(err, ErrSignIn), err == nil && who.User == "" && !who.Everyone:
			w.Header().Set("WWW-Authenticate", `Bearer realm="collector"`)
			WriteProblem(w, r, &Problem{Status: http.StatusUnauthorized, Detail: "nobody is signed in", Whose: "you", Next: "sign in, or send a token: Authorization: Bearer …"})
		case err != nil:
			WriteProblem(w, r, ProblemOf(err))
		default:
			next.ServeHTTP(w, r.WithContext(WithWho(r.Context(), who)))
		}
	})
}

// Scope returns whose things a request may see of those that it asks for: user, "" for
// all that it may. Nobody is told whether another user exists.
func (who Who) Scope(user string) (string, error) {
	switch {
	case who.Everyone:
		return user, nil
	case who.User == "":
		return "", &control.Problem{Kind: control.Forbidden, Reason: "nobody is signed in", Whose: "you", Next: "sign in, or send a token"}
	case user != "" && user != who.User:
		return "", &control.Problem{Kind: control.Forbidden, Reason: "you may see what is yours, and nothing of other users", Whose: "you", Next: "leave the user out"}
	}
	return who.User, nil
}
