package fetch

import (
	"strings"
	"testing"

	"collector/connectors"
)

// TestPathsThatAreShown hold neither host nor query, nor a secret, nor what follows one.
func TestPathsThatAreShown(t *testing.T) {
	for address, want := range map[string]string{
		"https://api.example/user/starred?page=2&key=k":                               "/user/starred",
		"https://api.example":                                                         "",
		"https://user:hunter2@api.example/x#y":                                        "/x",
		"https://api.example/bot" + connectors.Secret("access") + "/likes":            "/bot(secret)",
		"https://api.example/%7B%7Bsecret%3Aaccess%7D%7D/likes":                       "/(secret)",
		"https://api.example/a%20b/%3Cscript%3E":                                      "/a%20b/%3Cscript%3E",
		"https://api.example/<b>":                                                     "/%3Cb%3E",
		"https://api.example/?token=" + connectors.Secret("access"):                   "/",
		"https://api.example/x%zz":                                                    "",
		"https://api.example/{{secret:access}}/{{secret:refresh}}/" + "tail?{{secret": "/(secret)",
	} {
		got := pathOf(address)
		if got != want || strings.Contains(got, "{{") {
			t.Errorf("%s is shown as %q, want %q", address, got, want)
		}
	}
}
