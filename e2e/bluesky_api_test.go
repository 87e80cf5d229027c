//go:build e2e

package e2e

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"collector/e2e/pds"
)

// scripts is the folder with the server's scripts, seen from this package.
const scripts = "pds"

// startPDS starts the server for one test, with data in the test's folder.
func startPDS(t *testing.T, data, secret string) *pds.Server {
	t.Helper()
	modules, err := pds.Install(t.Context(), scripts)
	if err != nil {
		t.Fatal(err)
	}
	s, err := pds.Start(context.WithoutCancel(t.Context()), scripts, modules, data, secret)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// refused returns the name of an XRPC refusal with its status, "" for no error.
func refused(err error) string {
	var r *pds.Refusal
	if errors.As(err, &r) {
		return fmt.Sprintf("%d %s", r.Status, r.Name)
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// TestBlueskyServer holds the real server to what the connector believes of it:
// when one of these changes, the connector's documentation is wrong.
func TestBlueskyServer(t *testing.T) {
	ctx := t.Context()
	secret := rand.Text()
	s := startPDS(t, t.TempDir(), secret)
	defer func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}()
	listensOnLoopbackOnly(t, s)

	ada, err := s.NewAccount(ctx, "ada.test")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	posts, err := ada.Post(ctx, texts("first", 230), start)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ada.Like(ctx, posts, start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}

	t.Run("lists", func(t *testing.T) {
		var sizes []int
		cursor, pages := "", 0
		for ; ; pages++ {
			page, next, err := s.LikesPage(ctx, ada.DID, 100, cursor, false)
			if err != nil {
				t.Fatal(err)
			}
			sizes = append(sizes, len(page))
			if next == "" {
				break
			}
			cursor = next
		}
		if got := fmt.Sprint(sizes); got != "[100 100 30 0]" {
			t.Errorf("pages of %s likes, want [100 100 30 0]: the last page with likes carries a cursor, an empty one without ends the list", got)
		}
		newest, _, err := s.LikesPage(ctx, ada.DID, 1, "", false)
		if err != nil {
			t.Fatal(err)
		}
		oldest, next, err := s.LikesPage(ctx, ada.DID, 2, "", true)
		if err != nil {
			t.Fatal(err)
		}
		if newest[0].Subject != posts[229] || oldest[0].Subject != posts[0] || !strings.HasSuffix(oldest[1].URI, next) {
			t.Errorf("newest %v, oldest %v, cursor %q: want the newest like first, reversed the oldest, and the cursor to be the last record key", newest, oldest, next)
		}
		rest, next, err := s.LikesPage(ctx, ada.DID, 100, newest[0].URI[strings.LastIndex(newest[0].URI, "/")+1:], true)
		if err != nil || len(rest) != 0 || next != "" {
			t.Errorf("after the newest like, reversed: %d likes, cursor %q, %v: want none and no cursor", len(rest), next, err)
		}
	})

	t.Run("a second like of a post replaces the first", func(t *testing.T) {
		if err := ada.LikeAgain(ctx, posts[0], start.Add(48*time.Hour)); err != nil {
			t.Fatal(err)
		}
		all, err := s.Likes(ctx, ada.DID)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) != 230 || all[0].Subject != posts[0] || !all[0].At.Equal(start.Add(48*time.Hour)) {
			t.Errorf("%d likes, the newest %+v: want 230 still, the repeated one newest", len(all), all[0])
		}
	})

	t.Run("sessions", func(t *testing.T) {
		app, err := ada.AppPassword(ctx, "collector")
		if err != nil {
			t.Fatal(err)
		}
		pair, err := ada.SignIn(ctx, app)
		if err != nil {
			t.Fatal(err)
		}
		expired, err := s.Expire(pair.Access, start)
		if err != nil {
			t.Fatal(err)
		}
		if got := refused(s.Session(ctx, expired)); got != "400 ExpiredToken" {
			t.Errorf("an expired access token: %q, want 400 ExpiredToken", got)
		}
		if got := refused(s.Session(ctx, "garbage")); got != "400 InvalidToken" {
			t.Errorf("a broken access token: %q, want 400 InvalidToken", got)
		}
		if got := refused(s.Session(ctx, "")); got != "401 AuthMissing" {
			t.Errorf("no access token: %q, want 401 AuthMissing", got)
		}
		fresh, err := s.Refresh(ctx, pair.Refresh)
		if err != nil || refused(s.Session(ctx, fresh.Access)) != "" || fresh.Refresh == pair.Refresh {
			t.Errorf("refreshing gave %v, want a new pair that works", err)
		}
		late, err := s.Expire(pair.Refresh, start)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Refresh(ctx, late); refused(err) != "400 ExpiredToken" {
			t.Errorf("an expired refresh token: %v, want 400 ExpiredToken", err)
		}
		if _, err := ada.SignIn(ctx, "wrong"); refused(err) != "401 AuthenticationRequired" {
			t.Errorf("a wrong password: %v, want 401 AuthenticationRequired", err)
		}
	})
}

// texts makes n texts of posts that search can tell apart.
func texts(about string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s post number%d of the end-to-end run", about, i)
	}
	return out
}

// listensOnLoopbackOnly asks the system, not the server.
func listensOnLoopbackOnly(t *testing.T, s *pds.Server) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ss", "-ltnH").Output()
	for _, origin := range []string{s.Origin, s.PLC} {
		u, perr := url.Parse(origin)
		if perr != nil {
			t.Fatal(perr)
		}
		if err == nil { // without ss only the addresses that the machine has can be tried
			if !strings.Contains(string(out), "127.0.0.1:"+u.Port()) || strings.Contains(string(out), "*:"+u.Port()+" ") || strings.Contains(string(out), "0.0.0.0:"+u.Port()+" ") {
				t.Errorf("port %s is not on 127.0.0.1 alone:\n%s", u.Port(), out)
			}
		}
		for _, address := range others(t) {
			if c, err := net.DialTimeout("tcp", net.JoinHostPort(address, u.Port()), time.Second); err == nil {
				_ = c.Close()
				t.Errorf("port %s answers on %s", u.Port(), address)
			}
		}
	}
}

// others returns the machine's addresses beside 127.0.0.1.
func others(t *testing.T) []string {
	t.Helper()
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, a := range addrs {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.String() != "127.0.0.1" && !ip.IP.IsLinkLocalUnicast() {
			out = append(out, ip.IP.String())
		}
	}
	return out
}
