package config

import (
	"strings"
	"testing"
	"time"
)

func TestNotifyIsChecked(t *testing.T) {
	for file, want := range map[string]string{
		"notify: c4nary\n":                                    "names no service",
		"notify: https://c4nary.example/x\n":                  "generic://host/path",
		"notify: c4nary://ntfy.sh/x\n":                        "no service that is known",
		"notify: \"ntfy://ntfy.sh/x telegram://c4nary@no\"\n": "address 2: telegram: the address is not understood",
		"notify: ntfy://c4nary:p@ntfy.sh/x\nnotify_file: f\n": "both set",
		"notify_on: [networks]\n":                             `did you mean "network"`,
		"notify_gap: -1s\n":                                   "between 0s and 168h",
		"notify_gap: 200h\n":                                  "between 0s and 168h",
	} {
		_, err := load(t, file, nil, nil)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "c4nary") {
			t.Errorf("%s: %v, want %q", file, err, want)
		}
	}
	l, err := load(t, "notify_on: [network, backfill]\n", map[string]string{"COLLECTOR_NOTIFY": "ntfy://me:c4nary@ntfy.sh/x\ndiscord://c4nary@123"}, map[string]string{"notify_gap": "1h"})
	if err != nil || l.NotifyGap != time.Hour || len(l.NotifyOn) != 2 {
		t.Fatalf("read as %+v, %v", l.Notify, err)
	}
	for k, v := range l.Values() {
		if strings.Contains(v, "c4nary") || k.Name == "notify" && v != "(secret)" {
			t.Errorf("%s is shown as %q", k.Name, v)
		}
	}
}
