package control

import (
	"strings"

	"collector/control/words"
	"collector/state"
)

// NextStep is what to do about a network's last error, its commands completed so
// that they can be pasted: whose account it is, on which server, and its name
// where the service has not said one. Who found the error knows none of these.
func (p *Panel) NextStep(n state.Network) string {
	step, flags := n.NextStep, ""
	if n.User != "me" {
		flags = " --user " + words.Shell(n.User)
	}
	step = completed(step, "collector accounts remove "+n.Name(), flags)
	if c, ok := p.Offered(n.Service); ok && c.Info().Servers && n.Server != c.Info().Server {
		flags += " --server " + words.Shell(n.Server)
	}
	if n.RemoteID == "" && !strings.Contains(step, "new account") {
		flags += " --name " + words.Shell(n.Account)
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
