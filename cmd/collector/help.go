package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"collector/cmd/collector/internal/config"
)

// helpCommand explains a command. Cobra's own takes one that is not there for the
// program itself, and ends as if it had explained something.
func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Help about any command",
		RunE: func(c *cobra.Command, args []string) error {
			found, rest, err := c.Root().Find(args)
			if err != nil {
				return err
			}
			if found.HasSubCommands() { // what follows another command are its arguments
				if err := a.noArguments(found, rest); err != nil {
					return err
				}
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			found, _, err := c.Root().Find(args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return subCommands(found), cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// topics are the texts of `collector help <topic>`.
func (a *app) topics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "api", Short: "commands at a collector that runs", Long: apiText()},
		{Use: "exit-codes", Short: "what the exit codes mean", Long: codesText()},
		{Use: "environment", Short: "the variables that are read", Long: a.environmentText()},
	}
}

func apiText() string {
	return `Many commands can ask a collector that runs instead of opening its store: one on another
machine, in a container, of another user (at its address: a socket is its own user's).

  --api=auto           the store here; the default. Where it cannot be used from here, since it
                       is in memory, cannot be written, or is of another version, the
                       collector that has it open is asked over its socket, and that is said
  --api=off            the store here and nothing else
  --api=socket         the collector of this store, over its socket
  --api=unix:PATH      a collector whose socket is there
  --api=https://HOST   a collector at an address, with the token of COLLECTOR_API_TOKEN or of
                       the file that --api-token-file names; collector tokens add makes one.
                       http://HOST:PORT sends token and likes for all on the way to read

COLLECTOR_API says the same for every command. Output, errors and exit codes are those of
the store itself, within the limits of docs/HTTP.md; what a token may not see is left out.
These commands can ask:

  ` + strings.Join(overAPI, "\n  ") + `

The others work on the store itself, and say so. config show follows the
flag --api alone; config check and version tell of what is here, whomever the others ask.
`
}

func codesText() string {
	var b strings.Builder
	b.WriteString("Exit codes. A number that is not listed here is a failure too.\n\n")
	for _, c := range exitCodes() {
		fmt.Fprintf(&b, "  %3d  %s\n", c.code, c.meaning)
	}
	return b.String()
}

func (a *app) environmentText() string {
	var b strings.Builder
	b.WriteString("Variables. A flag wins over a variable, a variable over the configuration file.\n\n")
	row := func(name, doc string) { fmt.Fprintf(&b, "  %-34s %s\n", name, doc) }
	row("COLLECTOR_CONFIG", "the configuration file")
	c := config.Default(a.infos())
	for _, k := range c.Keys() {
		doc := k.Doc
		if part := strings.Split(k.Name, "."); len(part) == 3 {
			doc = part[1] + ": " + doc
		}
		row(k.Env, doc)
	}
	for _, in := range a.infos() {
		name := config.Prefix + strings.ToUpper(strings.ReplaceAll(in.Provider, "-", "_")) + "_TOKEN"
		row(name+"[_FILE]", "token for collector connect "+in.Name+", or a file that holds it")
	}
	row("CREDENTIALS_DIRECTORY", "systemd's credentials: collector.key in it is the secret key")
	row("NO_COLOR", "no colours")
	return b.String()
}

const queryText = `A query is words, all of which an item must have. Upper and lower case are the same.

  raft consensus        both words
  raf*                  words that begin so, at least 2 letters; sorted by date
  "raft consensus"      the words one after the other
  -java                 not this word; - also stands before fields and brackets
  raft or paxos         either
  (raft or paxos) -java brackets
  in:github             the service
  account:octocat       the account
  by:ada                who made it
  #databases            a tag
  lang:go               a programming language, or the language of a text
  kind:repository       what it is
  liked:>2025-01        liked since; liked:<2025, liked:2025-03, liked:2025-01..2025-03
  age:<30d              liked less than 30 days ago; h, d, w, m, y
  is:removed            likes that were taken back or are gone
  is:private            private at the service
`
