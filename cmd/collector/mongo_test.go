package main

import (
	"strings"
	"testing"
)

// TestTheAddressOfMongoDBIsNoPlaceForSecretsToShow: it holds a password, and what
// follows the question mark may, too.
func TestTheAddressOfMongoDBIsNoPlaceForSecretsToShow(t *testing.T) {
	inFolder(t)
	const secret = "Passw0rd-of-the-database"
	at := "mongodb://ada:" + secret + "@127.0.0.1:1/likes?serverSelectionTimeoutMS=100&tlsCertificateKeyFilePassword=" + secret
	shown := program{env: map[string]string{"COLLECTOR_STORE": at}}.run(t, "config", "show").must(t)
	if !strings.Contains(shown.out, "mongodb://(secret)@127.0.0.1:1/likes?(secret)") {
		t.Errorf("config show: %s", shown.out)
	}
	for _, args := range [][]string{{"status"}, {"search", "x"}, {"connect", "github", "--no-input"}, {"backup", "x"}, {"--once"}, {"config", "show"}} {
		o := program{env: map[string]string{"COLLECTOR_STORE": at}}.run(t, args...)
		if strings.Contains(o.out+o.err, secret) {
			t.Errorf("%v shows the password: %s%s", args, o.out, o.err)
		}
		if args[0] == "status" && (o.code != exitNoStore || !strings.Contains(o.err, "127.0.0.1:1")) {
			t.Errorf("%v without a server: exit %d, %s", args, o.code, o.err)
		}
	}
}

func TestAddressesOfMongoDB(t *testing.T) {
	inFolder(t)
	for at, code := range map[string]int{
		"mongodb://127.0.0.1/likes": exitOK, "mongodb+srv://db.example/likes": exitOK, "mongodb://a,b,c/likes?replicaSet=rs0": exitOK,
		"mongodb:likes": exitConfig, "mongodb://": exitConfig, "mongo://127.0.0.1/likes": exitConfig, "mongodb": exitConfig,
	} {
		if o := (program{env: map[string]string{"COLLECTOR_STORE": at}}).run(t, "config", "check"); o.code != code {
			t.Errorf("%s: exit %d, want %d: %s", at, o.code, code, o.err)
		}
	}
}
