package config

import (
	"strings"
	"testing"
)

// TestStompIsShut: it is off until somebody says where, and open to this machine alone
// until somebody says to whom.
func TestStompIsShut(t *testing.T) {
	l, err := load(t, "", nil, nil)
	if err != nil || l.Offered() {
		t.Fatalf("offered by default: %+v, %v", l.Stomp, err)
	}
	for file, want := range map[string]string{
		"stomp: 0.0.0.0:61613\n":                       "no users",
		"stomp: \":61613\"\n":                          "no users",
		"stomp_ws: \"[::]:1\"\n":                       "no users",
		"stomp: 192.168.1.5:61613\n":                   "127.0.0.1:61613",
		"stomp: example.org:61613\n":                   "no users",
		"stomp: 127.0.0.1\n":                           "host:port",
		"stomp: 127.0.0.1:http\n":                      "host:port",
		"stomp: 127.0.0.1:99999\n":                     "host:port",
		"stomp_tls: 127.0.0.1:61614\n":                 "stomp_cert_file",
		"stomp_wss: localhost:1\n":                     "stomp_cert_file",
		"stomp_cert_file: c.pem\n":                     "belong together",
		"stomp_users: a canary\nstomp_users_file: f\n": "both set",
	} {
		_, err := load(t, file, nil, nil)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v, want %q", file, err, want)
		}
	}
	for _, file := range []string{
		"stomp: 127.0.0.1:61613\n", "stomp_ws: localhost:0\n", "stomp: \"[::1]:61613\"\n",
		"stomp: \":61613\"\nstomp_users_file: f\n", "stomp_tls: \":61614\"\nstomp_users_file: f\nstomp_cert_file: c\nstomp_key_file: k\n",
	} {
		if l, err := load(t, file, map[string]string{"COLLECTOR_STOMP_ORIGINS": "a.example,b.example"}, nil); err != nil || !l.Offered() || len(l.StompOrigins) != 2 {
			t.Errorf("%s: %v", file, err)
		}
	}
	l, err = load(t, "", map[string]string{"COLLECTOR_STOMP": ":61613", "COLLECTOR_STOMP_USERS": "ada c4nary"}, nil)
	if shown, _ := l.Value("stomp_users"); err != nil || shown != "(secret)" {
		t.Errorf("users from a variable: %v, shown as %q", err, shown)
	}
}
