package web

import (
	"errors"
	"net/http"

	"collector/control"
	"collector/grant"
)

// Identify says who makes a request. An error that ErrSignIn is found in asks for a
// sign-in; a control.Problem is answered as it is.
type Identify func(*http.Request) (grant.Who, error)

// ErrSignIn says that a request is nobody's: somebody has to sign in.
var ErrSignIn = errors.New("nobody is signed in")

// Ask says who makes a request: over the Unix socket, and where identify is nil because
// nobody has to sign in, it is the operator.
func (identify Identify) Ask(r *http.Request) (grant.Who, error) {
	if identify == nil || overSocket(r.Context()) {
		return grant.Operator(), nil
	}
	who, err := identify(r)
	if err == nil && who.Kind == "" {
		err = ErrSignIn
	}
	return who, err
}

// Known lets a request pass once it is known who makes it; grant.From tells what is behind.
// identify nil: nobody has to sign in.
func Known(identify Identify, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := identify.Ask(r)
		switch {
		case errors.Is(err, ErrSignIn):
			w.Header().Set("WWW-Authenticate", `Bearer realm="collector"`)
			WriteProblem(w, r, &Problem{Status: http.StatusUnauthorized, Detail: "nobody is signed in", Whose: "you", Next: "sign in, or send a token: Authorization: Bearer …"})
		case err != nil:
			Note(r.Context(), err)
			WriteProblem(w, r, ProblemFor(grant.Who{}, err)) // who it is is not known
		default:
			next.ServeHTTP(w, r.WithContext(grant.With(r.Context(), who)))
		}
	})
}

// Scope returns whose things somebody may see of those that are asked for: user, "" for
// all that he may. Nobody is told whether another user exists.
func Scope(who grant.Who, user string) (string, error) {
	switch {
	case who.Kind == "":
		return "", &control.Problem{Kind: control.Forbidden, Reason: "nobody is signed in", Whose: "you", Next: "sign in, or send a token"}
	case !who.May(grant.Read):
		return "", &control.Problem{Kind: control.Forbidden, Reason: "you may not look at what was collected", Whose: "you", Next: "ask for a token with the scope read"}
	case user == "":
		return who.User, nil
	case !who.Sees(user):
		return "", &control.Problem{Kind: control.Forbidden, Reason: "you may see what is yours, and nothing of other users", Whose: "you", Next: "leave the user out"}
	}
	return user, nil
}
