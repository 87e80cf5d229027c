//go:build etcd

package etcd_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/cluster"
	"collector/cluster/etcd"
	"collector/cluster/etcd/etcdtest"
)

// works says whether a registry with these options can be used.
func works(t *testing.T, o etcd.Options) error {
	t.Helper()
	r, err := etcd.Open(o)
	if err != nil {
		return err
	}
	defer r.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	l, _, err := r.Grant(ctx, 2*time.Second)
	if err != nil {
		return err
	}
	if err := r.Renew(ctx, l); err != nil {
		return err
	}
	_, err = r.Commit(ctx, cluster.Txn{Then: []cluster.Op{{Key: "members/a", Lease: l}}})
	return err
}

// worksSoon is works, tried again for a minute: on a slow machine an etcd may take longer
// to let somebody in than the registry waits for it.
func worksSoon(t *testing.T, o etcd.Options) error {
	t.Helper()
	late, again := time.NewTimer(time.Minute), time.NewTicker(100*time.Millisecond)
	defer late.Stop()
	defer again.Stop()
	for {
		err := works(t, o)
		if err == nil {
			return nil
		}
		select {
		case <-late.C:
			return err
		case <-again.C:
		}
	}
}

// TestSignsIn: with a user of etcd who may use the prefix and nothing else.
func TestSignsIn(t *testing.T) {
	server := etcdtest.Start(t)
	c := server.Client()
	defer c.Close()
	ctx := t.Context()
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(c.RoleAdd(ctx, "root"))
	must(c.UserAdd(ctx, "root", "canary-root"))
	must(c.UserGrantRole(ctx, "root", "root"))
	must(c.RoleAdd(ctx, "likes"))
	must(c.RoleGrantPermission(ctx, "likes", "likes/", "likes0", 2)) // read and write what is below likes/
	must(c.UserAdd(ctx, "me", "canary-me"))
	must(c.UserGrantRole(ctx, "me", "likes"))
	must(c.AuthEnable(ctx))

	o := etcd.Options{Endpoints: []string{server.Endpoint}, Prefix: "likes", User: "me", Password: "canary-me"}
	if err := worksSoon(t, o); err != nil {
		t.Errorf("with the password: %v", err)
	}
	for what, change := range map[string]func(*etcd.Options){
		"another prefix":      func(o *etcd.Options) { o.Prefix = "others" },
		"a wrong password":    func(o *etcd.Options) { o.Password = "canary-wrong" },
		"no user":             func(o *etcd.Options) { o.User, o.Password = "", "" },
		"nobody of that name": func(o *etcd.Options) { o.User = "nobody" },
	} {
		bad := o
		change(&bad)
		if err := works(t, bad); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("with %s: %v", what, err)
		}
	}
}

// TestTalksTLS, both sides with a certificate, and with nobody that has another.
func TestTalksTLS(t *testing.T) {
	files := certificates(t)
	server := etcdtest.StartTLS(t, files)
	o := etcd.Options{Endpoints: []string{server.Endpoint}, Prefix: "likes", TLS: true, CAFile: files.CA, CertFile: files.Cert, KeyFile: files.Key}
	if err := worksSoon(t, o); err != nil {
		t.Errorf("with certificates: %v", err)
	}
	other := certificates(t)
	for what, change := range map[string]func(*etcd.Options){
		"without TLS":           func(o *etcd.Options) { o.TLS = false },
		"no certificate":        func(o *etcd.Options) { o.CertFile, o.KeyFile = "", "" },
		"a stranger's":          func(o *etcd.Options) { o.CertFile, o.KeyFile = other.Cert, other.Key },
		"another authority":     func(o *etcd.Options) { o.CAFile = other.CA },
		"a file that is absent": func(o *etcd.Options) { o.CAFile = "missing" },
	} {
		bad := o
		change(&bad)
		if err := works(t, bad); err == nil {
			t.Errorf("%s: it works", what)
		}
	}
}

// certificates makes an authority and a certificate of 127.0.0.1.
func certificates(t *testing.T) etcdtest.Files {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	save := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		must(os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
		return path
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	ca, err := x509.CreateCertificate(rand.Reader, authority, authority, key.Public(), key)
	must(err)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "node"}, NotBefore: authority.NotBefore, NotAfter: authority.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	cert, err := x509.CreateCertificate(rand.Reader, leaf, authority, own.Public(), key)
	must(err)
	private, err := x509.MarshalECPrivateKey(own)
	must(err)
	return etcdtest.Files{CA: save("ca.pem", "CERTIFICATE", ca), Cert: save("cert.pem", "CERTIFICATE", cert), Key: save("key.pem", "EC PRIVATE KEY", private)}
}
