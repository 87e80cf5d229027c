package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// module is the name in go.mod.
const module = "collector"

// test is a test function, by package and name.
type test struct{ pkg, name string }

// claim says that a test shows a defect absent.
type claim struct {
	defect int
	test   test
}

// readLog reads what became of each test function. Of several runs of the same
// test the worst counts; a skipped test is "skip", not "pass".
func readLog(log io.Reader) (map[test]string, error) {
	worse := map[string]int{"pass": 1, "skip": 2, "fail": 3}
	results := map[test]string{}
	lines := bufio.NewReader(log)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 && line[0] == '{' {
			var event struct{ Action, Package, Test string }
			if err := json.Unmarshal(line, &event); err != nil {
				return nil, fmt.Errorf("line %d of the log is no line of go test -json: %w", n, err)
			}
			key := test{event.Package, event.Test}
			if worse[event.Action] > worse[results[key]] {
				results[key] = event.Action
			}
		}
		if err == io.EOF {
			return results, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the log: %w", err)
		}
	}
}

var marker = regexp.MustCompile(`(?m)^Defect (\d+):`)

// findClaims reads the markers in the doc comments of every test function.
func findClaims(root string) ([]claim, error) {
	var claims []claim
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == "dist" || len(d.Name()) > 1 && d.Name()[0] == '.') {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return nil
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			return fmt.Errorf("reading the markers: %w", err)
		}
		rel, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		pkg := path.Join(module, filepath.ToSlash(rel))
		for _, decl := range tree.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Doc == nil {
				continue
			}
			for _, m := range marker.FindAllStringSubmatch(fn.Doc.Text(), -1) {
				n, err := strconv.Atoi(m[1])
				if err != nil {
					return fmt.Errorf("%s: %s: %w", name, fn.Name.Name, err)
				}
				claims = append(claims, claim{n, test{pkg, fn.Name.Name}})
			}
		}
		return nil
	})
	return claims, err
}
