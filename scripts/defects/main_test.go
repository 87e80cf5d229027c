package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree makes a repository whose one test file claims the given defects.
func tree(t *testing.T, claimed ...int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("package store\n\nimport \"testing\"\n")
	for _, n := range claimed {
		fmt.Fprintf(&b, "\n// Test%d shows something.\n//\n// Defect %d: words.\nfunc Test%d(t *testing.T) {}\n", n, n, n)
	}
	dir := filepath.Join(t.TempDir(), "store", "sqlite")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "x_test.go"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "..", "..")
}

func log(result func(n int) string) string {
	var b strings.Builder
	for n := 1; n <= 17; n++ {
		if r := result(n); r != "" {
			fmt.Fprintf(&b, `{"Action":"run","Package":"collector/store/sqlite","Test":"Test%d"}`+"\n", n)
			fmt.Fprintf(&b, `{"Action":%q,"Package":"collector/store/sqlite","Test":"Test%d","Elapsed":0.1}`+"\n", r, n)
		}
	}
	return b.String()
}

func all() []int { return []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16} }

func TestAllSixteenPass(t *testing.T) {
	var out bytes.Buffer
	if err := run(tree(t, all()...), strings.NewReader(log(func(int) string { return "pass" })), &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	if n := strings.Count(out.String(), "collector/store/sqlite  pass"); n != 16 {
		t.Errorf("%d lines of a passed test, want 16:\n%s", n, &out)
	}
}

func TestAnIncompleteTableFails(t *testing.T) {
	one := func(bad string) func(int) string {
		return func(n int) string {
			if n == 7 {
				return bad
			}
			return "pass"
		}
	}
	for name, c := range map[string]struct {
		claims []int
		log    string
		want   string
	}{
		"no test claims it":     {all()[:15], log(one("pass")), "(no test)"},
		"its test failed":       {all(), log(one("fail")), "fail"},
		"its test was skipped":  {all(), log(one("skip")), "skip"},
		"its test did not run":  {all(), log(one("")), "not run"},
		"it failed in one run":  {all(), log(one("fail")) + log(one("pass")), "fail"},
		"no such defect":        {append(all(), 17), log(one("pass")), "no such defect"},
		"an empty log":          {all(), "", "not run"},
		"text around the lines": {all()[:3], "FAIL\tcollector/x [build failed]\n" + log(one("pass")), "(no test)"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			err := run(tree(t, c.claims...), strings.NewReader(c.log), &out)
			if err == nil || !strings.Contains(out.String(), c.want) {
				t.Errorf("error %v, want a table with %q:\n%s", err, c.want, &out)
			}
		})
	}
}
