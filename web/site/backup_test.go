package site

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/control"
	"collector/grant"
	"collector/store"
	"collector/web"
)

// inFile has a world keep its store in a file of a size, of which copies are made and sent over
// a folder.
func inFile(w *world, name string, size int) (folder string) {
	w.t.Helper()
	folder = w.t.TempDir()
	w.config.File = filepath.Join(folder, name)
	w.must(os.WriteFile(w.config.File, make([]byte, size), 0o600))
	w.panel.Beside.Backup = func(_ context.Context, file string) (control.Copy, error) {
		return control.Copy{Bytes: int64(len(secret))}, os.WriteFile(file, []byte(secret), 0o600)
	}
	w.config.Copies = web.NewCopies(w.panel, folder, w.config.Now)
	w.open()
	return folder
}

// TestTheLastBackup is told to the operator, with how large it was, how one is made and how one
// takes the place of the store.
func TestTheLastBackup(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.as("").get("/settings").is(200, "Backup", "The store is no file", "mongodump --oplog", "mongorestore", "!Back up now", "!collector restore")
		w.as("").post("/settings/backup", "do", "make").is(422, "no copy of it is made here")
		folder := inFile(w, `li kes;'"><b>.db`, 41_000_000)
		b := w.as("")
		b.get("/settings").is(200, "No backup was made yet.", "Back up now", "about 41 MB", `Do not copy li kes;'"><b>.db by hand`,
			"only while no collector runs", `collector restore --store='sqlite:`+folder+`/li kes;'\''"><b>.db' FILE`)
		if n := len(b.get("/settings").find("b", "")); n != len(w.as("anna").get("/settings").find("b", "")) {
			t.Error("the name of the file is no text")
		}
		yesterday := noon.Add(-25 * time.Hour).Format(time.RFC3339)
		for text, says := range map[string]string{
			yesterday:               "The last backup was made yesterday 11:00 .",
			yesterday + " 40000000": "The last backup was made yesterday 11:00 , with 40 MB.",
			yesterday + " -1":       "The last backup was made yesterday 11:00 .",
			"some day":              "No backup was made yet.",
		} {
			w.must(w.store.SetMeta(t.Context(), store.MetaBackedUp, text))
			b.get("/settings").is(200, says)
		}
		w.as("anna").get("/settings").is(200, "!Backup", "!li kes")
		w.panel.Simulated = true
		b.get("/settings").is(200, "!Backup")
	})
}

// TestABackupIsDownloaded by the button, whole and with a name, by the operator alone; the
// settings tell of it.
func TestABackupIsDownloaded(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		folder := inFile(w, "likes.db", 10)
		b := w.as("")
		for _, c := range []struct {
			by     *browserOf
			status int
		}{{w.as("anna"), 403}, {w.as("", grant.Read, grant.Write), 403}, {w.as("anna", grant.Read), 403}, {w.stranger(), 401}} {
			c.by.post("/settings/backup", "do", "make").is(c.status, "!"+secret)
		}
		b.ask(http.MethodPost, "/settings/backup", "do=make", "Sec-Fetch-Site", "cross-site").is(403, "!"+secret)
		if a := b.get("/settings/backup"); a.status < 400 || strings.Contains(a.body, secret) {
			t.Errorf("a link has it made: %d", a.status)
		}
		b.get("/settings").is(200, "No backup was made yet.")

		a := b.post("/settings/backup", "do", "make")
		if a.status != 200 || a.body != secret || a.header.Get("Content-Type") != web.BackupType || a.header.Get("Content-Length") != "9" ||
			a.header.Get("Content-Disposition") != `attachment; filename="collector-20261122T120000Z.backup"` || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%d %v %q", a.status, a.header, a.body)
		}
		b.get("/settings").is(200, "The last backup was made today 12:00 , with 9 B.")
		if left, err := filepath.Glob(filepath.Join(folder, ".*")); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}

		w.panel.Simulated = true
		b.post("/settings/backup", "do", "make").is(403, "!"+secret)
		w.panel.Simulated = false
		whole := w.panel.Beside.Backup
		w.panel.Beside.Backup = func(context.Context, string) (control.Copy, error) {
			b.post("/settings/backup", "do", "make").is(429, "Another backup is being made or sent", "wait until it has ended") // meanwhile
			return control.Copy{}, errors.New("MISTAKE")
		}
		failed := b.post("/settings/backup", "do", "make").is(500, "We made a mistake", "!MISTAKE")
		if failed.header.Get("Content-Disposition") != "" || failed.header.Get("Content-Length") == "9" {
			t.Errorf("a problem is sent as a file: %v", failed.header)
		}
		w.panel.Beside.Backup = whole
		b.post("/settings/backup", "do", "make").is(200, secret)
	})
}
