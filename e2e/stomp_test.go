//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestStompClients uses the daemon's STOMP server with clients that nobody here wrote:
// stomp.py over TCP and TLS, @stomp/stompjs over TCP and WebSocket.
func TestStompClients(t *testing.T) {
	script := exec.CommandContext(t.Context(), "sh", "stomp/install.sh")
	script.Stderr = os.Stderr
	out, err := script.Output()
	if err != nil {
		t.Fatalf("installing the clients: %v", err)
	}
	packages := strings.TrimSpace(string(out))

	p := install(t, build(t), "COLLECTOR_DISK_FLOOR=0")
	users := filepath.Join(p.folder, "users")
	if err := os.WriteFile(users, []byte("ada sesame&more\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cert, key := certificate(t, p.folder)
	p.env = append(p.env, "COLLECTOR_STOMP=127.0.0.1:0", "COLLECTOR_STOMP_TLS=127.0.0.1:0", "COLLECTOR_STOMP_WS=127.0.0.1:0",
		"COLLECTOR_STOMP_USERS_FILE="+users, "COLLECTOR_STOMP_CERT_FILE="+cert, "COLLECTOR_STOMP_KEY_FILE="+key)
	d := p.start(t, "--log-format=json")
	ports := offered(t, d, 3)
	plain, secret, web := ports["TCP"], ports["TCP tls"], ports["WebSocket"]

	for name, args := range map[string][]string{
		"stomp.py":               {filepath.Join(packages, "bin", "python"), "stomp/client.py", "127.0.0.1", plain, secret, cert, "ada", "sesame&more"},
		"stompjs over TCP":       {"node", "stomp/client.mjs", "tcp", "127.0.0.1", plain, "ada", "sesame&more"},
		"stompjs over WebSocket": {"node", "stomp/client.mjs", "ws", "127.0.0.1", web, "ada", "sesame&more"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
			cmd.Env = append(os.Environ(), "PACKAGES="+packages)
			cmd.WaitDelay = 5 * time.Second
			out, err := cmd.CombinedOutput()
			if n := strings.Count("\n"+string(out), "\nok "); err != nil || n < 9 {
				t.Errorf("%d things worked, then: %v\n%s", n, err, out)
			}
		})
	}
	if code := d.stop(t); code != 0 {
		t.Errorf("the daemon ended with %d", code)
	}
	if strings.Contains(d.text(), "sesame") {
		t.Error("the password is in the log")
	}
}

// offered waits until the daemon has said where it offers STOMP, and returns the ports.
func offered(t *testing.T, d *daemon, n int) map[string]string {
	t.Helper()
	deadline := time.After(patience)
	for {
		ports := map[string]string{}
		for lines := bufio.NewScanner(strings.NewReader(d.text())); lines.Scan(); {
			var entry struct {
				Msg, Address, Over string
				TLS                bool
			}
			if json.Unmarshal(lines.Bytes(), &entry) != nil || entry.Msg != "STOMP is offered" {
				continue
			}
			if entry.TLS {
				entry.Over += " tls"
			}
			if _, port, err := net.SplitHostPort(entry.Address); err == nil {
				ports[entry.Over] = port
			}
		}
		if len(ports) == n {
			return ports
		}
		select {
		case <-deadline:
			t.Fatalf("STOMP is offered at %v", ports)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// certificate makes one for 127.0.0.1 that signs itself, and its key.
func certificate(t *testing.T, folder string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "127.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	signed, err := x509.CreateCertificate(rand.Reader, form, form, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: signed}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		var b bytes.Buffer
		if err := pem.Encode(&b, block); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}
