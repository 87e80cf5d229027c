package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"collector/auth"
	"collector/connectors"
)

// ask asks one question at the terminal; hidden does not show the answer. Ctrl-C
// and Ctrl-D leave the question. Echo is off before the question is seen, so that
// a quick answer does not show either.
func (a *app) ask(ctx context.Context, question string, hidden bool) (string, error) {
	f, ok := a.in.(*os.File)
	if !ok {
		return "", you(exitUsage, "run it at a terminal", "there is no terminal to ask at")
	}
	before, err := term.MakeRaw(int(f.Fd()))
	if err != nil {
		return "", fmt.Errorf("asking at the terminal: %w", err)
	}
	defer func() { _ = term.Restore(int(f.Fd()), before) }() // nothing better could be done
	screen := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{f, a.err}, question+": ")
	type answer struct {
		text string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		var r answer
		if hidden {
			r.text, r.err = screen.ReadPassword(question + ": ")
		} else {
			r.text, r.err = screen.ReadLine()
		}
		got <- r
	}()
	left := &problem{code: exitInterrupted, reason: "nothing was changed", whose: "you"}
	select {
	case <-ctx.Done():
		left.err = ctx.Err()
		return "", left
	case r := <-got:
		if errors.Is(r.err, io.EOF) {
			fmt.Fprint(a.err, "\r\n")
			return "", left
		}
		if r.err != nil {
			return "", fmt.Errorf("reading the answer: %w", r.err)
		}
		return strings.TrimSpace(r.text), nil
	}
}

// askYes asks a yes or no question; anything but yes is no.
func (a *app) askYes(ctx context.Context, question string) (bool, error) {
	text, err := a.ask(ctx, question+" [y/N]", false)
	text = strings.ToLower(text)
	return text == "y" || text == "yes", err
}

// askCredential asks for what a service signs in with. offered is the name of a
// variable with a token that may be taken, "" for none.
func (a *app) askCredential(ctx context.Context, in connectors.Info, offered string) (auth.Credential, error) {
	if offered != "" {
		if yes, err := a.askYes(ctx, "Use the token in $"+offered+"? It is stored sealed."); err != nil {
			return auth.Credential{}, err
		} else if yes {
			return credential(a.getenv(offered), "$"+offered)
		}
	}
	a.say("%s", in.Connect)
	if !in.Auth.Session && !in.Auth.Password {
		text, err := a.ask(ctx, "Token (not shown)", true)
		if err != nil {
			return auth.Credential{}, err
		}
		return credential(text, "what you typed")
	}
	name, password := "Handle or address", "App password"
	if in.Auth.Password {
		name, password = "User name", "Password"
	}
	handle, err := a.ask(ctx, name, false)
	if err != nil {
		return auth.Credential{}, err
	}
	secret, err := a.ask(ctx, password+" (not shown)", true)
	if err != nil {
		return auth.Credential{}, err
	}
	c := auth.Credential{Identifier: auth.NewSecret(handle), AppPassword: auth.NewSecret(secret)}
	if c.Empty() {
		return c, you(exitUsage, in.Connect, "a name and a password are needed")
	}
	return c, nil
}

// credential reads a token or a JSON object. The error says where it came from.
func credential(text, from string) (auth.Credential, error) {
	c, err := auth.ParseCredential(text)
	if err != nil {
		return c, you(exitUsage, "give a token, or the JSON object that collector connect --help shows", "%s: %w", from, err)
	}
	return c, nil
}

// maxToken is more than any token or credential object has, in bytes.
const maxToken = 64 << 10

// readToken reads a credential from a stream, refusing one that has no end.
func readToken(r io.Reader, from string) (auth.Credential, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxToken))
	if err != nil {
		return auth.Credential{}, fmt.Errorf("reading the token from %s: %w", from, err)
	}
	return credential(string(data), from)
}

func readTokenFile(path string) (auth.Credential, error) {
	f, err := os.Open(path)
	if err != nil {
		return auth.Credential{}, you(exitUsage, "check the name of the file", "reading the token: %w", err)
	}
	defer f.Close()
	return readToken(f, path)
}
