// Command defects prints the table of the original collector's 16 defects, each
// with the tests that show it absent here, and what became of them.
//
// A test says so itself, by a line in its doc comment:
//
//	// Defect 3: the insert fails, and the cursor must not move.
//	func TestFailedInsertKeepsTheCursor(t *testing.T) {
//
// Usage, from the repository's root, with the log of a run on standard input:
//
//	go test -json ./... | go run ./scripts/defects
//
// It ends with status 1 when a defect has no test, or a test did not pass.
package main

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"
)

func main() {
	if err := run(".", os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "defects:", err)
		os.Exit(1)
	}
}

// titles are the original's defects, in the order in which they were found.
var titles = [16]string{
	"a met limit counts as an error; five of them disable the account",
	"a success never clears the errors: five in a lifetime disable",
	"the items could not be stored, and the cursor moves on all the same",
	"a poll reads one page: what is beyond it is lost",
	"a backfill counts as finished after its first page",
	"a missing setting makes the loop spin without a pause",
	"a reply without its quota header means: no limit",
	"polls go by the item's time: old things liked today are missed",
	"items are told apart without their service: ids collide",
	"one call in flight for everybody, and every document read each loop",
	"an account without a token is tried for ever, and nobody is told",
	"an item that search could not take is never offered again",
	"tokens in addresses, and services called without TLS",
	"two processes of one mode do everything twice",
	"a signal ends the process in the middle of its work",
	"secrets of the application stand in its repository",
}

func run(root string, log io.Reader, out io.Writer) error {
	results, err := readLog(log)
	if err != nil {
		return err
	}
	claims, err := findClaims(root)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "#\tdefect of the original\tshown absent by\tpackage\tresult")
	bad := 0
	for i, title := range titles {
		n := i + 1
		shown := fmt.Sprint(n)
		for _, c := range claims {
			if c.defect != n {
				continue
			}
			result := results[c.test]
			if result == "" {
				result = "not run"
			}
			if result != "pass" {
				bad++
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", shown, title, c.test.name, c.test.pkg, result)
			shown, title = "", "" // said once
		}
		if shown != "" {
			bad++
			fmt.Fprintf(table, "%s\t%s\t(no test)\t\tmissing\n", shown, title)
		}
	}
	for _, c := range claims {
		if c.defect < 1 || c.defect > len(titles) {
			bad++
			fmt.Fprintf(table, "%d\t(no such defect)\t%s\t%s\t\n", c.defect, c.test.name, c.test.pkg)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if bad > 0 {
		return fmt.Errorf("%d lines of the table are not \"pass\"", bad)
	}
	return nil
}
