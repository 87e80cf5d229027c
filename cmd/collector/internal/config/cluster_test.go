package config

import (
	"slices"
	"strings"
	"testing"
)

func TestParseEtcd(t *testing.T) {
	for text, want := range map[string]Etcd{
		"etcd://a:2379/likes":                {Endpoints: []string{"a:2379"}, Prefix: "likes"},
		"etcds://a.lan:2379,[::1]:23/x/y.z/": {Endpoints: []string{"a.lan:2379", "[::1]:23"}, Prefix: "x/y.z", TLS: true},
	} {
		got, err := ParseEtcd(text)
		if err != nil || !slices.Equal(got.Endpoints, want.Endpoints) || got.Prefix != want.Prefix || got.TLS != want.TLS {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"a:2379", "http://a:2379/x", "etcd://a/x", "etcd://a:2379", "etcd://a:2379/", "etcd://:2379/x", "etcd://a:0/x", "etcd://a:99999/x",
		"etcd://a:2379,/x", "etcd://u:canary@a:2379/x", "etcd://a:2379/x?y", "etcd://a:2379/ x",
	} {
		if got, err := ParseEtcd(text); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}

func TestClusterIsChecked(t *testing.T) {
	const etcd = "cluster: etcd://a:2379/x\n"
	for file, want := range map[string]string{
		"cluster: nats://a\n":               "names no etcd",
		etcd + "store: \"memory:\"\n":       "of one process",
		etcd + "cluster_ttl: 1s\n":          "between 2s and 1h",
		etcd + "cluster_password: canary\n": "no user",
		etcd + "cluster_user: me\ncluster_password: canary\ncluster_password_file: f\n": "both set",
		etcd + "cluster_ca_file: f\n":         "etcds://",
		etcd + "cluster_key_file: f\n":        "belong together",
		"claim_services: [github, mastodn]\n": `did you mean "mastodon"`,
		"shard: 4/3\n":                        "no part of a whole",
	} {
		_, err := load(t, file, nil, nil)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v, want %q", file, err, want)
		}
	}
	l, err := load(t, "cluster: etcds://a:2379/x\ncluster_user: me\n", map[string]string{"COLLECTOR_CLUSTER_PASSWORD": "canary", "COLLECTOR_CLUSTER_TTL": "4s", "COLLECTOR_CLUSTER_CA_FILE": "ca.pem"},
		map[string]string{"shard": "2/3", "claim_services": "github,mastodon"})
	if err != nil {
		t.Fatal(err)
	}
	if l.ClusterTTL.Seconds() != 4 || l.ClusterCAFile != "ca.pem" || len(l.ClaimServices) != 2 || l.ClusterPassword.Empty() {
		t.Errorf("read as %+v", l.Cluster)
	}
	if shown, _ := l.Value("cluster_password"); shown != "(secret)" {
		t.Errorf("the password is shown as %q", shown)
	}
}
