package main

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"strings"
	"testing"
)

// TestDamagedStore: damage that shows only in use is told apart from a mistake of
// the program, and the way out is a backup.
func TestDamagedStore(t *testing.T) {
	inFolder(t)
	connected(t)
	damagedDatabase(t)
	for _, args := range []string{"status", "--once", "export"} {
		o := (program{}).run(t, strings.Fields(args)...)
		if o.code != exitForeign || !strings.Contains(o.err, "damaged") || !strings.Contains(o.err, "whose: this machine") || !strings.Contains(o.err, "restore a backup") {
			t.Errorf("%s: %d %s", args, o.code, o.err)
		}
	}
}

// damagedDatabase spoils one page of the file: the one where the table meta begins.
func damagedDatabase(t *testing.T) {
	t.Helper()
	db, err := sql.Open("sqlite", "collector.db")
	if err != nil {
		t.Fatal(err)
	}
	var page, size int64
	if err := errors.Join(
		db.QueryRow("SELECT rootpage FROM sqlite_master WHERE name = 'meta'").Scan(&page),
		db.QueryRow("PRAGMA page_size").Scan(&size),
		db.Close(),
	); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile("collector.db", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(bytes.Repeat([]byte{0xff}, int(size)), (page-1)*size)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}
