package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"collector/cmd/collector/internal/config"
)

// daemonKeys are flags of the daemon alone, clusterKeys also of the commands about
// the cluster; the other keys are flags of every command.
var (
	daemonKeys = []string{
		"archive", "mode", "workers", "lease", "grace", "backoff_min", "backoff_max", "cluster_ttl", "cluster_address", "claim_services", "shard",
		"publish", "publish_kinds", "publish_queues", "publish_private",
		"clean_inactive", "export_folder",
		"listen", "listen_names", "no_auth", "proxies",
		"metrics_listen", "graphite", "graphite_interval", "graphite_prefix",
		"stomp", "stomp_tls", "stomp_ws", "stomp_wss", "stomp_cert_file", "stomp_key_file", "stomp_users_file", "stomp_origins",
	}
	// notifyKeys are flags of the daemon and of config; one is also of notify.
	notifyKeys  = []string{"notify_file", "notify_on", "notify_gap"}
	clusterKeys = []string{"cluster", "cluster_user", "cluster_password_file", "cluster_ca_file", "cluster_cert_file", "cluster_key_file"}
)

// root builds the command line.
func (a *app) root() *cobra.Command {
	d := &daemon{app: a}
	root := &cobra.Command{
		Use:   "collector",
		Short: "keeps a complete, current, searchable copy of what you liked",
		Long: `collector keeps a complete, current, searchable copy of what you liked: GitHub
stars, Mastodon favourites, Bluesky likes.

Without a command it runs: it reads whole histories and then polls for what is
new, until it is stopped. Everything lies in one file, ./collector.db, unless
--store names another.`,
		Example: `  collector connect github       collect your GitHub stars
  collector                      run until stopped
  collector --mode=initial       only read whole histories
  collector --mode=normal        only poll for what is new
  collector --once               one pass over what is due, then end (for cron)
  collector search "raft lang:go"`,
		Args:              a.noArguments,
		RunE:              a.command(d.run),
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return you(exitUsage, c.CommandPath()+" --help", "%w", err)
	})
	d.flags(root.Flags())
	a.keyFlags(root.Flags(), ofDaemon)
	a.keyFlags(root.Flags(), ofCluster)
	a.keyFlags(root.Flags(), ofNotify)
	p := root.PersistentFlags()
	a.keyFlags(p, ofAll)
	p.StringVar(&a.flags.config, "config", "", "configuration file (YAML; COLLECTOR_CONFIG)")
	p.StringArrayVar(&a.flags.set, "set", nil, "set any configuration key: --set services.github.poll_min=5m")
	p.BoolVar(&a.flags.noInput, "no-input", false, "ask nothing, also at a terminal")
	root.AddCommand(
		a.connectCommand(), a.accountsCommand(), a.syncCommand(),
		a.statusCommand(), a.explainCommand(),
		a.searchCommand(), a.searchesCommand(), a.exportCommand(), a.importCommand(), a.pushCommand(), a.changesCommand(), a.sonifyCommand(), a.webhooksCommand(), a.notifyCommand(),
		a.connectorsCommand(), a.recordCommand(), a.configCommand(), a.backupCommand(), a.restoreCommand(), a.migrateCommand(), a.rotateKeyCommand(), a.usersCommand(), a.loginLinkCommand(), a.tokensCommand(),
		a.jobsCommand(), a.workersCommand(), a.topCommand(), a.queueCommand(), a.topicsCommand(), a.clusterCommand(), a.drainCommand(), a.healthcheckCommand(), a.demoCommand(), a.versionCommand(),
	)
	root.AddCommand(a.topics()...)
	root.SetHelpCommand(a.helpCommand())
	return root
}

// keyFlags makes a flag of every configuration key that want chooses; no
// flag for secrets, since others can see a command line.
func (a *app) keyFlags(set *pflag.FlagSet, want func(key string) bool) {
	defaults := config.Default(a.infos())
	for k, value := range defaults.Values() {
		if k.Secret || k.Flag == "" || !want(k.Name) {
			continue
		}
		name := k.Flag
		if value == "true" || value == "false" {
			short := ""
			if name == "quiet" {
				short = "q"
			}
			set.BoolP(name, short, false, k.Doc)
			continue
		}
		set.String(name, value, k.Doc)
	}
}

func ofDaemon(key string) bool  { return slices.Contains(daemonKeys, key) }
func ofCluster(key string) bool { return slices.Contains(clusterKeys, key) }
func ofNotify(key string) bool  { return slices.Contains(notifyKeys, key) }
func ofAll(key string) bool     { return !ofDaemon(key) && !ofCluster(key) && !ofNotify(key) }

// given returns the configuration keys that were set by flags.
func (a *app) given(c *cobra.Command) (map[string]string, error) {
	out := map[string]string{}
	defaults := config.Default(a.infos())
	for _, pair := range a.flags.set {
		key, value, ok := strings.Cut(pair, "=")
		_, isKey := defaults.Value(key)
		if !ok || !isKey {
			return nil, you(exitUsage, "collector config sample   shows every key", "--set %s names no configuration key", plain(pair))
		}
		out[key] = value
	}
	keys := defaults.Keys()
	c.Flags().Visit(func(f *pflag.Flag) {
		if i := slices.IndexFunc(keys, func(k config.Key) bool { return k.Flag == f.Name }); i >= 0 {
			out[keys[i].Name] = f.Value.String()
		}
	})
	return out, nil
}

// command wraps what a sub-command does: it reads the configuration first, and
// marks that errors are from now on not about the command line.
func (a *app) command(fn func(c *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		if err := a.load(c); err != nil {
			a.started = true
			return err
		}
		a.started = true
		if err := a.mayAsk(c); err != nil {
			return err
		}
		return fn(c, args)
	}
}

// load reads the configuration. When it is not valid a.conf is still set, so
// that `config show` can tell what was read.
func (a *app) load(c *cobra.Command) error {
	flags, err := a.given(c)
	if err != nil {
		return err
	}
	file := a.flags.config
	if file == "" {
		file = a.getenv(config.Prefix + "CONFIG")
	}
	a.conf, err = config.Load(config.Input{Infos: a.infos(), File: file, Flags: flags, Env: a.env})
	for _, w := range a.conf.Warnings {
		a.say("warning: %s", plain(w))
	}
	return err
}

// noArguments refuses words after a command that has none, and suggests the
// command that may have been meant.
func (a *app) noArguments(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	names := subCommands(c)
	next := fmt.Sprintf("%s --help explains them: %s", c.CommandPath(), strings.Join(names, ", "))
	if len(names) == 0 {
		next = c.CommandPath() + " --help"
	} else if near := config.Nearest(args[0], names); near != "" {
		next = fmt.Sprintf("did you mean `%s %s`?", c.CommandPath(), near)
	}
	return you(exitUsage, next, "`%s` has no command %q", c.CommandPath(), plain(args[0]))
}

// subCommands names what can follow a command, topics of help among them.
func subCommands(c *cobra.Command) (names []string) {
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() || sub.IsAdditionalHelpTopicCommand() {
			names = append(names, sub.Name())
		}
	}
	return names
}

// arguments demands between low and high words; names is what they are.
func arguments(low, high int, names string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) >= low && (high < 0 || len(args) <= high) {
			return nil
		}
		if len(args) == 0 {
			return you(exitUsage, c.CommandPath()+" --help", "`%s` needs %s", c.CommandPath(), names)
		}
		return you(exitUsage, c.CommandPath()+" --help", "`%s` takes %s, got %s", c.CommandPath(), names, many(len(args), "word", "words"))
	}
}

// group is a command that only holds others.
func (a *app) group(c *cobra.Command) *cobra.Command {
	c.Args = a.noArguments
	c.RunE = func(c *cobra.Command, _ []string) error { return errors.Join(c.Help()) }
	return c
}
