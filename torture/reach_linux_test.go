package torture

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// insideName is set in the process that runs in a network of its own.
const insideName = "TORTURE_NETWORK"

// Promise S4, measured at the socket: in a network in which every address of the
// internet, private ones too, leads to one catcher, the program is given every
// spelling of every special address, names that mean them, names that change
// their meaning, and redirects to them. It connects to none, and to every public
// one.
func TestNothingPrivateIsConnected(t *testing.T) {
	if os.Getenv(insideName) != "" {
		insideNetwork(t)
		return
	}
	cannot := t.Skipf
	if os.Getenv("CI") == "true" {
		cannot = t.Fatalf
	}
	if _, err := exec.LookPath("ip"); err != nil {
		cannot("not run here: the program ip is missing (Debian package iproute2): %v", err)
	}
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestNothingPrivateIsConnected$", "-test.v")
	cmd.Env = append(os.Environ(), insideName+"="+path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 { // a user may be root in a world of its own
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Start()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EINVAL) {
		cannot("not run here: this system gives no network of its own to a process: %v", err)
	}
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		t.Errorf("%v", err)
	}
	t.Logf("%s", &out)
}

// insideNetwork is the test itself, in the network of its own.
func insideNetwork(t *testing.T) {
	wholeInternet(t)
	c := newCatcher(t)
	answerNames(t)
	dir := t.TempDir()
	env := append(os.Environ(), "COLLECTOR_STORE=sqlite:"+filepath.Join(dir, "c.db"), "SSL_CERT_FILE="+c.roots(t),
		"HTTPS_PROXY=http://10.9.9.9:3128", "HTTP_PROXY=http://10.9.9.9:3128", "ALL_PROXY=http://10.9.9.9:3128", "GODEBUG=netdns=go")
	var wrote bytes.Buffer
	run := func(stdin string, args ...string) error {
		cmd := exec.Command(os.Getenv(insideName), args...)
		cmd.Env, cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = env, dir, strings.NewReader(stdin), &wrote, &wrote
		return cmd.Run()
	}
	var lines strings.Builder
	add := func(servers ...string) (n int) {
		for _, s := range servers {
			text, err := json.Marshal(map[string]string{"service": "mastodon", "token": fmt.Sprintf("CANARYtoken%d", lines.Len()), "server": s})
			if err != nil {
				t.Fatal(err)
			}
			lines.Write(append(text, '\n'))
			n++
		}
		return n
	}
	spelled := add(spellings()...)
	var named []string
	for _, ip := range slices.Concat(special(), public()) {
		named = append(named, "https://"+nameOf(ip))
	}
	named = append(named, "https://rebind.example.com", "https://both.example.com", "https://turn.example.com")
	for i := range redirectsTo() {
		named = append(named, fmt.Sprintf("https://go%d.example.com", i))
	}
	names := add(named...)
	// Spellings are refused here; a name meets the guard when it is dialled.
	if err := run(lines.String(), "accounts", "import", "-"); err == nil {
		t.Error("no spelling was refused")
	}
	var imported, refusedLines int
	for l := range strings.Lines(wrote.String()) {
		fmt.Sscanf(l, "%d networks imported, 0 accounts signed in again, %d lines refused", &imported, &refusedLines)
	}
	if imported != names || refusedLines != spelled {
		t.Errorf("%d of %d servers were imported and %d refused; %d of them are names:\n%s", imported, names+spelled, refusedLines, names, &wrote)
	}
	for _, s := range []string{"https://127.0.0.1", "localhost", "http://169.254.169.254", nameOf(netip.MustParseAddr("10.0.0.1")), "rebind.example.com"} {
		if run(`CANARYconnect`, "connect", "mastodon", "--server", s, "--token-stdin", "--no-input") == nil {
			t.Errorf("%s was connected", s)
		}
	}
	if err := run("", "--once", "--workers=64"); err != nil {
		t.Logf("collector --once: %v", err) // nobody answers as a Mastodon server does
	}
	reached := c.reached()
	for ip, n := range reached {
		if refused(ip) {
			t.Errorf("%d connections to %s", n, ip)
		}
	}
	for _, ip := range public() {
		if reached[ip.Unmap()] == 0 {
			t.Errorf("the public address %s was not connected to", ip)
		}
	}
	if c.redirected() < len(redirectsTo()) || c.turned() == 0 {
		t.Errorf("%d redirects were given, %d of them before the name turned: the others prove nothing", c.redirected(), c.turned())
	}
	t.Logf("%d spellings, all refused before anything was dialled; %d names, %d redirects: connections to %d addresses", spelled, names, c.redirected(), len(reached))
	if t.Failed() {
		t.Logf("%s", wrote.String()[max(0, wrote.Len()-6000):])
	}
	// The catcher would have seen it: the same addresses, dialled without the guard.
	blind, seen := []string{}, 0
	for _, ip := range special() {
		conn, err := net.DialTimeout("tcp", netip.AddrPortFrom(ip, 443).String(), time.Second)
		if err != nil {
			blind = append(blind, ip.String()) // the kernel connects to no broadcast and no multicast address
			continue
		}
		conn.Close()
		seen++
	}
	t.Logf("the catcher sees %d of %d special addresses; the kernel itself refuses %v", seen, len(special()), blind)
	if seen < len(special())/2 {
		t.Errorf("the catcher sees %d of %d special addresses: it proves nothing", seen, len(special()))
	}
}

// wholeInternet makes every address one of this machine's, in the network of its
// own, and puts a name server of the test in the place of the system's.
func wholeInternet(t *testing.T) {
	t.Helper()
	for _, args := range []string{"link set lo up", "route add local 0.0.0.0/0 dev lo", "-6 route add local ::/0 dev lo"} {
		if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v\n%s", args, err, out)
		}
	}
	file := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(file, []byte("nameserver 127.0.0.1\noptions attempts:1 timeout:5\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		t.Fatalf("keeping mounts to this process: %v", err)
	}
	at, err := filepath.EvalSymlinks("/etc/resolv.conf")
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount(file, at, "", syscall.MS_BIND, ""); err != nil {
		t.Fatalf("putting a name server in place: %v", err)
	}
}
