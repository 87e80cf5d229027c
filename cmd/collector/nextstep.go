package main

import (
	"strings"

	"collector/state"
)

// nextStep is what to do about a network's last error, its commands completed so
// that they can be pasted: whose account it is, on which server, and its name
// where the service has not said one. Who found the error knows none of these.
func (a *app) nextStep(n state.Network) string {
	step, flags := n.NextStep, ""
	if n.User != "me" {
		flags = " --user " + shellWord(n.User)
	}
	step = completed(step, "collector accounts remove "+n.Name(), flags)
	if c, ok := a.offered(n.Service); ok && c.Info().Servers && n.Server != c.Info().Server {
		flags += " --server " + shellWord(n.Server)
	}
	if n.RemoteID == "" && !strings.Contains(step, "new account") {
		flags += " --name " + shellWord(n.Account)
	}
	return completed(step, "collector connect "+n.Service, flags)
}

// completed adds flags to a command within a text, unless it has some.
func completed(text, command, flags string) string {
	before, after, found := strings.Cut(text, command)
	if !found || strings.HasPrefix(after, " --") || strings.HasPrefix(after, "-") {
		return text
	}
	return before + command + flags + after
}

// shellWord quotes what a shell would take apart.
func shellWord(s string) string {
	plainRune := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("@._:/+-", r)
	}
	if s != "" && strings.TrimFunc(s, plainRune) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
