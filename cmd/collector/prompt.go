package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/huh"

	"collector/auth"
	"collector/connectors"
)

// ask runs one form at the terminal. A person who leaves it has changed nothing.
func (a *app) ask(fields ...huh.Field) error {
	form := huh.NewForm(huh.NewGroup(fields...)).WithInput(a.in).WithOutput(a.err)
	if a.getenv("TERM") == "dumb" || a.conf.NoColor || a.getenv("NO_COLOR") != "" {
		form = form.WithTheme(huh.ThemeBase())
	}
	err := form.Run()
	if errors.Is(err, huh.ErrUserAborted) {
		return &problem{code: exitInterrupted, reason: "nothing was changed", whose: "you", err: err}
	}
	return err
}

// askYes asks a yes or no question.
func (a *app) askYes(question string) (bool, error) {
	var yes bool
	err := a.ask(huh.NewConfirm().Title(question).Value(&yes))
	return yes, err
}

// askCredential asks for what a service signs in with. offered is the name of a
// variable with a token that may be taken, "" for none.
func (a *app) askCredential(in connectors.Info, offered string) (auth.Credential, error) {
	take := offered != ""
	if take {
		if err := a.ask(huh.NewConfirm().Title("Use the token in $" + offered + "?").Description("It is stored sealed.").Value(&take)); err != nil {
			return auth.Credential{}, err
		}
	}
	if take {
		return credential(a.getenv(offered), "$"+offered)
	}
	var handle, secret string
	if in.Auth.Session {
		err := a.ask(
			huh.NewInput().Title("Handle or address").Value(&handle),
			huh.NewInput().Title("App password").Description(in.Connect).EchoMode(huh.EchoModePassword).Value(&secret),
		)
		if err != nil {
			return auth.Credential{}, err
		}
		c := auth.Credential{Identifier: auth.NewSecret(strings.TrimSpace(handle)), AppPassword: auth.NewSecret(strings.TrimSpace(secret))}
		if c.Empty() {
			return c, you(exitUsage, in.Connect, "a handle and an app password are needed")
		}
		return c, nil
	}
	err := a.ask(huh.NewInput().Title("Token").Description(in.Connect).EchoMode(huh.EchoModePassword).Value(&secret))
	if err != nil {
		return auth.Credential{}, err
	}
	return credential(secret, "what you typed")
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
