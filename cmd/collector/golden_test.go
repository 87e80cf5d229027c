package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"collector/cmd/collector/internal/config"
)

// TestHelp holds every help text to its golden file: they are the interface.
func TestHelp(t *testing.T) {
	dir := here(t)
	inFolder(t)
	for _, words := range []string{
		"", "connect", "accounts", "accounts list", "accounts import", "accounts pause", "accounts resume", "accounts remove",
		"sync", "status", "explain", "search", "searches", "searches save", "export", "import", "changes", "sonify", "connectors", "record", "config", "config sample", "config show", "config check",
		"backup", "restore", "migrate", "migrate likeastore", "rotate-key", "users", "users purge", "users clean", "users seen", "jobs", "jobs list", "jobs show", "jobs retry", "jobs remove", "jobs counts", "workers", "workers quiet", "workers resume", "workers stop", "top", "queue", "queue list", "queue peek", "queue requeue", "queue remove", "queue pause", "queue resume", "topics", "cluster", "cluster status", "cluster members", "cluster leader", "drain", "webhooks", "webhooks add", "webhooks list", "webhooks replay", "healthcheck", "demo", "version", "api", "exit-codes", "environment", "notify", "notify test", "login-link", "tokens", "tokens list", "tokens add", "tokens revoke", "push", "push karakeep", "push linkding",
	} {
		o := program{}.run(t, append([]string{"help"}, strings.Fields(words)...)...).must(t)
		name := "help"
		if words != "" {
			name += "-" + strings.ReplaceAll(words, " ", "-")
		}
		golden(t, dir, name, o.out)
	}
}

func TestExitCodesAreListedOnce(t *testing.T) {
	seen := map[int]bool{}
	for _, c := range exitCodes() {
		if seen[c.code] || c.meaning == "" {
			t.Errorf("exit code %d is listed twice or means nothing", c.code)
		}
		seen[c.code] = true
	}
	for _, code := range []int{0, 1, 2, 3, 4, 5, 7, 10, 11, 12, 13, 14, 15, 130} {
		if !seen[code] {
			t.Errorf("exit code %d is not documented", code)
		}
	}
}

func TestConfigCommands(t *testing.T) {
	dir := here(t)
	inFolder(t)
	sample := program{}.run(t, "config", "sample").must(t).out
	golden(t, dir, "config-sample", sample)
	write(t, "collector.yaml", "mode: initial\nbackoff_min: 300ms\nservices:\n  github:\n    poll_min: 5m\n")
	o := program{env: map[string]string{
		"COLLECTOR_CONFIG":            "collector.yaml",
		"COLLECTOR_MODE":              "normal",
		"COLLECTOR_SECRET_KEY":        "Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5LTEyMzQ=",
		"COLLECTOR_GITHUB_POLL_MAX":   "6h",
		"COLLECTOR_BLUESKY_URL":       "http://127.0.0.1:2583",
		"COLLECTOR_GITBUH_POLL_MAX":   "6h",
		"COLLECTOR_TEST_MONGO_URI":    "x",
		"COLLECTOR_MASTODON_POLL_MIN": "7m",
	}}.run(t, "config", "show", "--workers=3").must(t)
	golden(t, dir, "config-show", o.out+"--- standard error\n"+o.err)
	if strings.Contains(o.out+o.err, "Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5LTEyMzQ=") {
		t.Error("config show tells the secret key")
	}
}

func TestConnectors(t *testing.T) {
	dir := here(t)
	inFolder(t)
	golden(t, dir, "connectors", program{}.run(t, "connectors").must(t).out)
	for _, in := range newApp(nil, nil, nil, nil).infos() {
		o := program{}.run(t, "connectors", in.Name).must(t)
		for _, want := range append([]string{in.Title, in.Docs}, in.Limits...) {
			if !strings.Contains(o.out, want) {
				t.Errorf("connectors %s does not say %q", in.Name, want)
			}
		}
	}
}

// TestEveryKeyCanBeSetByAFlag holds the flags to the keys.
func TestEveryKeyCanBeSetByAFlag(t *testing.T) {
	inFolder(t)
	defaults := config.Default(newApp(nil, nil, nil, nil).infos())
	for k, value := range defaults.Values() {
		if k.Secret {
			continue
		}
		switch {
		case strings.HasPrefix(k.Name, "providers.") && strings.HasSuffix(k.Name, ".url"):
			value = "https://proxy.example"
		case k.Name == "secret_key_file" || k.Name == "allow_private" || k.Name == "export_folder":
			value = "k"
		case k.Name == "cluster":
			value = "etcds://etcd.lan:2379/likes"
		case k.Name == "shard":
			value = "1/3"
		case k.Name == "claim_services":
			value = "github"
		case k.Name == "publish_kinds":
			value = "poll,import"
		case k.Name == "publish_queues":
			value = "/queue/likes"
		case k.Name == "notify_on":
			value = "network,backfill"
		case k.Name == "api":
			value = "off"
		case k.Name == "api_token_file":
			value = "k"
		case k.Name == "listen":
			value = "127.0.0.1:0"
		case k.Name == "proxies":
			value = "10.0.0.0/8"
		case k.Name == "listen_names":
			value = "likes.lan"
		case k.Name == "notify_file":
			value = "k"
		case slices.Contains([]string{"stomp", "stomp_tls", "stomp_ws", "stomp_wss"}, k.Name):
			value = "127.0.0.1:61613"
		case k.Name == "metrics_listen" || k.Name == "graphite":
			value = "127.0.0.1:9469"
		case strings.HasPrefix(k.Name, "stomp_"):
			value = "k"
		case strings.HasPrefix(k.Name, "cluster_") && value == "":
			value = "k"
		}
		args := []string{"config", "show", "--set", k.Name + "=" + value}
		for key, needs := range map[string][]string{
			"cluster_password_file": {"cluster_user=u"},
			"cluster_ca_file":       {"cluster=etcds://etcd.lan:2379/likes"},
			"cluster_cert_file":     {"cluster=etcds://etcd.lan:2379/likes", "cluster_key_file=k"},
			"cluster_key_file":      {"cluster=etcds://etcd.lan:2379/likes", "cluster_cert_file=k"},
			"stomp_tls":             {"stomp_cert_file=k", "stomp_key_file=k"},
			"stomp_wss":             {"stomp_cert_file=k", "stomp_key_file=k"},
			"stomp_cert_file":       {"stomp_key_file=k"},
			"stomp_key_file":        {"stomp_cert_file=k"},
		} {
			for _, need := range needs {
				if k.Name == key {
					args = append(args, "--set", need)
				}
			}
		}
		o := program{}.run(t, args...).must(t)
		if !strings.Contains(o.out, k.Name+" ") || !strings.Contains(line(lineWith(o.out, k.Name)), fmt.Sprintf("%s %s flag", k.Name, value)) {
			t.Errorf("--set %s=%s: %s", k.Name, value, lineWith(o.out, k.Name))
		}
	}
}

func lineWith(text, word string) string {
	for l := range strings.Lines(text) {
		if strings.HasPrefix(l, word+" ") {
			return l
		}
	}
	return ""
}
