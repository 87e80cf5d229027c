package fetch

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

func TestNormalizeServer(t *testing.T) {
	for raw, want := range map[string]string{
		"social.example":                     "https://social.example",
		" https://Social.Example/ ":          "https://social.example",
		"HTTPS://SOCIAL.EXAMPLE:443":         "https://social.example",
		"https://social.example.":            "https://social.example",
		"https://bücher.example":             "https://xn--bcher-kva.example",
		"https://BÜCHER.example/":            "https://xn--bcher-kva.example",
		"https://xn--bcher-kva.example":      "https://xn--bcher-kva.example",
		"https://8.8.8.8":                    "https://8.8.8.8",
		"https://[2606:4700:0::1]":           "https://[2606:4700::1]",
		"https://[::ffff:8.8.8.8]":           "https://8.8.8.8",
		"https://social.example:0443":        "https://social.example",
		"https://under_score.example":        "",
		"https://\u24e2ocial.example":        "https://social.example",
		"https://social\u3002example":        "https://social.example",
		"https://social.example\t":           "https://social.example",
		"https://sub.deep.social.example:":   "",
		"":                                   "",
		"   ":                                "",
		"https://":                           "",
		"https:///x":                         "",
		"https:social.example":               "",
		"http://social.example":              "",
		"ftp://social.example":               "",
		"javascript://social.example":        "",
		"https://user:pw@social.example":     "",
		"https://user@social.example":        "",
		"https://@social.example":            "",
		"@o@social.example":                  "",
		"https://social.example/@o":          "",
		"https://social.example/?":           "",
		"https://social.example?x=1":         "",
		"https://social.example#x":           "",
		"https://social.example#":            "",
		"https://social.example:8443":        "",
		"https://social.example:99999":       "",
		"https://social.example:0":           "",
		"https://social.example:port":        "",
		`https://evil.example\@good.example`: "",
		`https:\\social.example`:             "",
		"https://social..example":            "",
		"https://.example":                   "",
		"https://-social.example":            "",
		"https://social example":             "",
		"https://social.example%00":          "",
		"https://soc%69al.example":           "",
		"https://127.0.0.1":                  "",
		"https://127.1":                      "",
		"https://2130706433":                 "",
		"https://0x7f000001":                 "",
		"https://0x7f.0.0.1":                 "",
		"https://0177.0.0.1":                 "",
		"https://0":                          "",
		"https://1.2.3.4.5":                  "",
		"https://256.1.1.1":                  "",
		"https://[::1]":                      "",
		"https://[fe80::1%25eth0]":           "",
		"https://[::1":                       "",
		"https://１２７.0.0.1":                  "",
		"https://localhost":                  "https://localhost", // a name: what it means is decided when it is dialled
	} {
		got, err := NormalizeServer(raw)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q %v, want %q", raw, got, err, want)
		}
	}
}

func TestNormalizeServerWithExceptions(t *testing.T) {
	allow := []string{"git.lan", "10.0.0.0/8", "pi.lan:3000", "[::1]:8080", "", " 192.168.1.5 ", "127.0.0.1:2583"}
	for raw, want := range map[string]string{
		"http://git.lan":         "http://git.lan",
		"http://GIT.lan:3000/":   "http://git.lan:3000",
		"http://git.lan:80":      "http://git.lan",
		"git.lan":                "https://git.lan",
		"http://10.1.2.3:8080":   "http://10.1.2.3:8080",
		"https://10.1.2.3":       "https://10.1.2.3",
		"http://pi.lan:3000":     "http://pi.lan:3000",
		"http://[::1]:8080":      "http://[::1]:8080",
		"http://192.168.1.5":     "http://192.168.1.5",
		"http://127.0.0.1:2583":  "http://127.0.0.1:2583",
		"http://pi.lan":          "",
		"http://pi.lan:3001":     "",
		"http://127.0.0.1:2584":  "",
		"http://192.168.1.6":     "",
		"http://evil.git.lan":    "",
		"http://u:p@git.lan":     "",
		"http://11.0.0.1":        "",
		"http://[::1]:8081":      "",
		"http://social.example":  "",
		"https://social.example": "https://social.example",
	} {
		got, err := NormalizeServer(raw, allow...)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q %v, want %q", raw, got, err, want)
		}
	}
	for _, entry := range []string{"http://git.lan", "git lan", "10.0.0.0/33", "git.lan/x", "*", "fe80::1%eth0"} {
		if _, err := NormalizeServer("x.example", entry); err == nil || !strings.Contains(err.Error(), "COLLECTOR_ALLOW_PRIVATE") {
			t.Errorf("entry %q: %v", entry, err)
		}
	}
}

func FuzzNormalizeServer(f *testing.F) {
	for _, s := range []string{
		"social.example", "https://[::1]", "https://127.1", `https://a\@b`, "https://bücher.example:443/", "https://0x7f.1", "//x", "https://[fe80::1%25lo]",
		"https://64:ff9b::1", "https://１２７。０。０。１", "https://a.example#@127.0.0.1", "https://①②⑦.⓪.⓪.①",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := NormalizeServer(raw)
		if err != nil {
			if got != "" {
				t.Errorf("%q: an error and %q", raw, got)
			}
			return
		}
		u, err := url.Parse(got)
		if err != nil || u.Scheme != "https" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.Port() != "" || u.Host == "" {
			t.Fatalf("%q became %q: %v", raw, got, err)
		}
		if again, err := NormalizeServer(got); err != nil || again != got {
			t.Errorf("%q became %q, and that %q %v", raw, got, again, err)
		}
		if origin(u) != got {
			t.Errorf("%q is not its own origin %q", got, origin(u))
		}
		if ip, err := netip.ParseAddr(u.Hostname()); err == nil && denied(ip) {
			t.Errorf("%q became %q, which is not public", raw, got)
		}
		for _, r := range got {
			if r > 127 || r <= ' ' || strings.ContainsRune("\\@?#%", r) {
				t.Errorf("%q became %q", raw, got)
			}
		}
	})
}
