package config

import (
	"strings"
	"testing"
)

func TestListenIsChecked(t *testing.T) {
	for file, want := range map[string]string{
		"listen: 8765\n": "is no address", "listen: \"on\"\n": "is no address", "listen: \"a:99999\"\n": "is no address",
		"listen_names: [\"http://x\"]\n": "no name of a host", "listen_names: [\"a b\"]\n": "no name of a host",
	} {
		if _, err := load(t, file, nil, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", file, err, want)
		}
	}
	if l, err := load(t, "", nil, nil); err != nil || l.Listen != "127.0.0.1:8765" {
		t.Errorf("without a word it listens on %s, %v", l.Listen, err)
	}
	l, err := load(t, "listen_names: [likes.lan]\n", map[string]string{"COLLECTOR_LISTEN": "off"}, nil)
	if err != nil || l.Listen != "off" || len(l.ListenNames) != 1 {
		t.Errorf("%+v, %v", l.Web, err)
	}
}
