package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/connectors"
)

// known are the services of the tests.
func known() []connectors.Info {
	return []connectors.Info{
		{Name: "github", Provider: "github", PollMin: 5 * time.Minute, PollMax: 6 * time.Hour},
		{Name: "mastodon", Provider: "mastodon", PollMin: time.Minute, PollMax: time.Hour},
		{Name: "mastodon-bookmarks", Provider: "mastodon", PollMin: time.Minute, PollMax: time.Hour},
	}
}

// load loads a file's text with variables and flags.
func load(t *testing.T, file string, env, flags map[string]string) (*Loaded, error) {
	t.Helper()
	in := Input{Infos: known(), Flags: flags}
	if file != "" {
		in.File = filepath.Join(t.TempDir(), "c.yaml")
		if err := os.WriteFile(in.File, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for k, v := range env {
		t.Setenv(k, v)
		in.Env = append(in.Env, k+"="+v)
	}
	return Load(in)
}

func TestPrecedence(t *testing.T) {
	file := "mode: initial\nworkers: 2\nbackoff_min: 300ms\n"
	env := map[string]string{"COLLECTOR_MODE": "normal", "COLLECTOR_WORKERS": "3"}
	l, err := load(t, file, env, map[string]string{"mode": "both"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		key, value string
		from       Layer
	}{
		{"mode", "both", FromFlag},
		{"workers", "3", FromEnv},
		{"backoff_min", "300ms", FromFile},
		{"backoff_max", "6h", FromDefault},
	} {
		value, _ := l.Value(c.key)
		if value != c.value || l.Origin(c.key) != c.from {
			t.Errorf("%s = %s from %s, want %s from %s", c.key, value, l.Origin(c.key), c.value, c.from)
		}
	}
	want := "mode is both, as the flag says (file says initial, environment says normal)"
	if got := l.Disagreement("mode"); got != want {
		t.Errorf("disagreement: %q, want %q", got, want)
	}
	if got := l.Disagreement("backoff_min"); got != "" {
		t.Errorf("one layer disagrees with itself: %q", got)
	}
}

// TestServicesKeepWhatIsNotSet: naming one key of a service leaves the other at
// the service's own, from each layer.
func TestServicesKeepWhatIsNotSet(t *testing.T) {
	l, err := load(t, "services:\n  github:\n    poll_min: 7m\n", map[string]string{
		"COLLECTOR_MASTODON_BOOKMARKS_POLL_MAX": "2h",
		"COLLECTOR_GITHUB_URL":                  "http://127.0.0.1:9/api/v3",
	}, map[string]string{"services.mastodon.poll_max": "3h"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]Service{
		"github":             {7 * time.Minute, 6 * time.Hour},
		"mastodon":           {time.Minute, 3 * time.Hour},
		"mastodon-bookmarks": {time.Minute, 2 * time.Hour},
	} {
		if got := l.Services[name]; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if got := l.Providers["github"].URL; got != "http://127.0.0.1:9/api/v3" {
		t.Errorf("address of github: %q", got)
	}
}

func TestSampleIsTheDefault(t *testing.T) {
	var b bytes.Buffer
	if err := Sample(&b, known()); err != nil {
		t.Fatal(err)
	}
	l, err := load(t, b.String(), nil, nil)
	if err != nil {
		t.Fatalf("the sample is not valid: %v", err)
	}
	fresh := Default(known())
	for k, want := range fresh.Values() {
		got, _ := l.Value(k.Name)
		if got != want {
			t.Errorf("%s: the sample says %q, the default is %q", k.Name, got, want)
		}
		if l.Origin(k.Name) != FromFile {
			t.Errorf("the sample does not name %s", k.Name)
		}
		if k.Doc == "" || !strings.Contains(strings.Join(strings.Fields(strings.ReplaceAll(b.String(), "#", "")), " "), k.Doc) {
			t.Errorf("the sample does not explain %s", k.Name)
		}
	}
}

// TestMistakes: each names the place, the reason and, where one is near, what
// was meant.
func TestMistakes(t *testing.T) {
	for _, c := range []struct {
		file  string
		env   map[string]string
		flags map[string]string
		want  []string
	}{
		{file: "mode: both\nworkres: 3\n", want: []string{"line 2", `unknown key "workres"`, `"workers"`}},
		{file: "services:\n  gihub:\n    poll_min: 5m\n", want: []string{"line 3", `unknown key "services.gihub.poll_min"`, `"services.github.poll_min"`}},
		{file: "services:\n  github:\n    poll_mni: 5m\n", want: []string{"line 3", `unknown key "poll_mni"`}},
		{file: "providers:\n  gitlab:\n    url: https://x\n", want: []string{"line 3", "providers.gitlab.url"}},
		{file: "workers: many\n", want: []string{"line 1", "many"}},
		{file: "mode: [both\n", want: []string{"line 1"}},
		{file: "mode: both\nmode: normal\n", want: []string{"line 2", "already defined"}},
		{file: "mode: both\n---\nmode: normal\n", want: []string{"second document"}},
		{file: "grace: 20\n", want: []string{"line 1"}},
		{env: map[string]string{"COLLECTOR_MODE": "intial"}, want: []string{"mode", "both, initial, normal", `"initial"`}},
		{env: map[string]string{"COLLECTOR_LEASE": "soon"}, want: []string{"COLLECTOR_LEASE", "300ms"}},
		{env: map[string]string{"COLLECTOR_STORE": ""}, want: []string{"COLLECTOR_STORE", "empty"}},
		{env: map[string]string{"COLLECTOR_CLEAN_INACTIVE": "24h"}, want: []string{"clean_inactive", "between 168h and 87600h"}},
		{env: map[string]string{"COLLECTOR_WORKERS": "0"}, want: []string{"workers", "between 1 and 1024"}},
		{env: map[string]string{"COLLECTOR_GITHUB_POLL_MIN": "8h"}, want: []string{"services.github.poll_min", "poll_max"}},
		{env: map[string]string{"COLLECTOR_GITHUB_URL": "ftp://x"}, want: []string{"providers.github.url", "https://host"}},
		{env: map[string]string{"COLLECTOR_ALLOW_PRIVATE": "git.lan,10.0.0.0/33"}, want: []string{"allow_private", "10.0.0.0/33"}},
		{env: map[string]string{"COLLECTOR_SECRET_KEY": "k", "COLLECTOR_SECRET_KEY_FILE": "f"}, want: []string{"secret_key", "keep one"}},
		{env: map[string]string{"COLLECTOR_SECRET_KEY": "short"}, want: []string{"secret_key", "32"}},
		{flags: map[string]string{"store": "oracle:x"}, want: []string{"store", "sqlite:FILE"}},
		{flags: map[string]string{"store": "likes.db"}, want: []string{"store", "write sqlite:likes.db or"}},
		{flags: map[string]string{"backoff_min": "7h"}, want: []string{"backoff_min", "longer than backoff_max"}},
		{flags: map[string]string{"workers": "x"}, want: []string{"workers", "flag", "whole number"}},
	} {
		name := strings.TrimSpace(fmt.Sprint(c.file, c.env, c.flags))
		t.Run(name, func(t *testing.T) {
			_, err := load(t, c.file, c.env, c.flags)
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("error %v, want ErrInvalid", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q: %v", want, err)
				}
			}
			if strings.Contains(err.Error(), "config.") {
				t.Errorf("the error speaks of Go types: %v", err)
			}
		})
	}
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	_, err := load(t, "mode: x\nlog_level: y\nworkers: 0\n", nil, nil)
	for _, want := range []string{"mode", "log_level", "workers"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not name %s: %v", want, err)
		}
	}
}

func TestUnknownVariablesAreWarnings(t *testing.T) {
	l, err := load(t, "", map[string]string{
		"COLLECTOR_STROE": "sqlite:x", "COLLECTOR_GITHUB_TOKEN": "canary", "COLLECTOR_CONFIG": "c.yaml", "COLLECTOR_REPLIES": "d",
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := `COLLECTOR_STROE is set, but there is no such setting (did you mean "COLLECTOR_STORE"?)`
	if len(l.Warnings) != 1 || l.Warnings[0] != want {
		t.Errorf("warnings %q, want %q", l.Warnings, want)
	}
}

// TestSecretsAreNeverShown looks at a loaded configuration in every way in which
// one could be printed, with mistakes in it too.
func TestSecretsAreNeverShown(t *testing.T) {
	const canary = "c4nary-secret-value"
	l, err := load(t, "secret_key: "+canary+"\nmode: x\n", nil, nil)
	value, _ := l.Value("secret_key")
	text := fmt.Sprintf("%v %+v %#v %s %q %v", l.Config, *l, l.SecretKey, l.SecretKey, l.Origins, err)
	if value != "(secret)" || strings.Contains(text, canary) {
		t.Errorf("the secret is shown: %s %s", value, text)
	}
	if l.SecretKey.Reveal() != canary {
		t.Error("the secret was not read")
	}
	for _, address := range []string{"https://user:" + canary + "@host", "https://" + canary + "@ho st/", "https://u:a@" + canary + "@host"} {
		l, err := load(t, "", map[string]string{"COLLECTOR_GITHUB_URL": address}, nil)
		value, _ := l.Value("providers.github.url")
		if text := fmt.Sprint(l.Origins, err); err == nil || !strings.Contains(value, "(secret)@ho") || strings.Contains(value+text, canary) {
			t.Errorf("%s is shown as %s, %s", address, value, text)
		}
	}
	for _, c := range []struct{ name, address string }{
		{"COLLECTOR_GITHUB_URL", "https://host/?access_token=" + canary},
		{"COLLECTOR_BLUESKY_URL", "ftp://host/#" + canary},
		{"COLLECTOR_STORE", "mongodb://user:" + canary + "@host/likes?password=" + canary},
		{"COLLECTOR_STORE", "postgres://user:" + canary + "@host/likes?password=" + canary}, // no kind of store
	} {
		name, address := c.name, c.address
		l, err := load(t, "", map[string]string{name: address}, nil)
		text := fmt.Sprint(err)
		for _, value := range l.Values() {
			text += value
		}
		if err == nil || strings.Contains(text, canary) {
			t.Errorf("%s=%s is shown: %s", name, address, text)
		}
	}
}

func TestNoVariableWithoutPrefixIsRead(t *testing.T) {
	l, err := load(t, "", map[string]string{"MODE": "initial", "STORE": "sqlite:other.db", "SECRET_KEY": "x", "URL": "https://x", "GITHUB_POLL_MIN": "1m"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if l.Mode != "both" || l.Store != "sqlite:collector.db" || !l.SecretKey.Empty() || l.Providers["github"].URL != "" {
		t.Errorf("a variable without the prefix was read: %+v", l.Config)
	}
}

func TestNearest(t *testing.T) {
	words := []string{"github", "mastodon", "bluesky"}
	for word, want := range map[string]string{"gihub": "github", "GitHub": "github", "mastadon": "mastodon", "reddit": "", "": "", "x": ""} {
		if got := Nearest(word, words); got != want {
			t.Errorf("nearest to %q is %q, want %q", word, got, want)
		}
	}
}
