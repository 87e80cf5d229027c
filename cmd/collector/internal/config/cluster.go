package config

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"collector/connectors"
	"collector/state"
)

// Cluster says which instances belong together, and what this one claims of all.
type Cluster struct {
	Cluster             string        `yaml:"cluster" split_words:"true" doc:"where instances find each other: etcd://host:port[,host:port]/prefix, etcds:// with TLS; nothing for instances that share a store by claims alone"`
	ClusterTTL          time.Duration `yaml:"cluster_ttl" split_words:"true" doc:"how long an instance that does not answer stays in the cluster, 2s to 1h; its registration is renewed at half of it"`
	ClusterAddress      string        `yaml:"cluster_address" split_words:"true" doc:"what the others are told as this instance's address; without it the name of the machine"`
	ClusterUser         string        `yaml:"cluster_user" split_words:"true" doc:"user of etcd, where it asks for one"`
	ClusterPassword     Secret        `yaml:"cluster_password" split_words:"true" doc:"password of that user; better in a file"`
	ClusterPasswordFile string        `yaml:"cluster_password_file" split_words:"true" doc:"file that holds the password"`
	ClusterCAFile       string        `yaml:"cluster_ca_file" split_words:"true" doc:"certificates that etcd's is checked against; without it those of the system"`
	ClusterCertFile     string        `yaml:"cluster_cert_file" split_words:"true" doc:"certificate of this instance, where etcd asks for one"`
	ClusterKeyFile      string        `yaml:"cluster_key_file" split_words:"true" doc:"key of that certificate"`
	ClaimServices       []string      `yaml:"claim_services" split_words:"true" flag:"services" doc:"this instance reads networks of these services only, such as github,mastodon; nothing for all"`
	Shard               string        `yaml:"shard" split_words:"true" doc:"this instance reads networks of one part of the users only: 1/3, 2/3 or 3/3; nothing for all"`
}

// Etcd is a place of etcd.
type Etcd struct {
	Endpoints []string // host:port
	Prefix    string   // of all keys
	TLS       bool
}

var prefixOf = regexp.MustCompile(`^[A-Za-z0-9._/-]+$`)

// ParseEtcd reads etcd://host:port[,host:port]/prefix. Its errors repeat nothing
// of the address, which may hold a password by mistake.
func ParseEtcd(text string) (Etcd, error) {
	const form = "write etcd://host:port[,host:port]/prefix"
	var e Etcd
	rest, ok := strings.CutPrefix(text, "etcd://")
	if !ok {
		if rest, ok = strings.CutPrefix(text, "etcds://"); !ok {
			return Etcd{}, errors.New("this names no etcd: " + form)
		}
		e.TLS = true
	}
	hosts, prefix, ok := strings.Cut(rest, "/")
	if strings.Contains(hosts, "@") {
		return Etcd{}, errors.New("the address holds a user name or password: use cluster_user and cluster_password_file")
	}
	if e.Prefix = strings.Trim(prefix, "/"); !ok || !prefixOf.MatchString(e.Prefix) {
		return Etcd{}, errors.New("the prefix is missing or has odd characters: " + form)
	}
	for _, one := range strings.Split(hosts, ",") {
		name, port, err := net.SplitHostPort(one)
		n, bad := strconv.Atoi(port)
		if err != nil || bad != nil || name == "" || n < 1 || n > 65535 {
			return Etcd{}, errors.New("a host has no port: " + form)
		}
		e.Endpoints = append(e.Endpoints, one)
	}
	return e, nil
}

// validate returns what is wrong, as key and reason.
func (c *Cluster) validate(store string, infos []connectors.Info, bad func(key, format string, a ...any)) {
	if c.Cluster != "" {
		if _, err := ParseEtcd(c.Cluster); err != nil {
			bad("cluster", "%s", err)
		}
		if strings.HasPrefix(store, "memory:") {
			bad("cluster", "a store in memory is of one process: name one that the instances share")
		}
	}
	if c.ClusterTTL < 2*time.Second || c.ClusterTTL > time.Hour {
		bad("cluster_ttl", "%s is not between 2s and 1h", span(c.ClusterTTL))
	}
	if !c.ClusterPassword.Empty() && c.ClusterPasswordFile != "" {
		bad("cluster_password", "cluster_password and cluster_password_file are both set: keep one")
	}
	if c.ClusterUser == "" && (!c.ClusterPassword.Empty() || c.ClusterPasswordFile != "") {
		bad("cluster_user", "there is a password and no user")
	}
	if (c.ClusterCertFile == "") != (c.ClusterKeyFile == "") {
		bad("cluster_cert_file", "cluster_cert_file and cluster_key_file belong together: set both or none")
	}
	if c.ClusterCAFile+c.ClusterCertFile != "" && !strings.HasPrefix(c.Cluster, "etcds://") {
		bad("cluster", "there are certificates, which etcd:// does not use: write etcds://")
	}
	var known []string
	for _, in := range infos {
		known = append(known, in.Name)
	}
	for _, name := range c.ClaimServices {
		if !slices.Contains(known, name) {
			bad("claim_services", "there is no service %q%s", name, hint(name, known))
		}
	}
	if _, err := state.ParseShard(c.Shard); err != nil {
		bad("shard", "%s", fmt.Sprint(err))
	}
}
