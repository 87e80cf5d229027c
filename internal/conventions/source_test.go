package conventions

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// root is the repository's folder, seen from this package.
const root = "../.."

// module is the name in go.mod.
const module = "collector"

// skipped are folders that are no part of the source: made by tools, or read by
// nobody here.
var skipped = map[string]bool{".git": true, "dist": true, "node_modules": true, ".cache": true, "bin": true}

// file is one file of the repository.
type file struct {
	path string // from the root, with slashes
	text string
}

// source is one Go file. The build constraints are not looked at: a rule holds
// for every system and every tag.
type source struct {
	file
	ast *ast.File
}

func (s source) test() bool  { return strings.HasSuffix(s.path, "_test.go") }
func (s source) dir() string { return path.Dir(s.path) }

// imports returns what the file imports, own packages without the module's name.
func (s source) imports() []string {
	var out []string
	for _, spec := range s.ast.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err == nil {
			out = append(out, strings.TrimPrefix(p, module+"/"))
		}
	}
	return out
}

// local returns the name under which the file uses the package, "" if it does not.
func (s source) local(pkg string) string {
	for _, spec := range s.ast.Imports {
		if spec.Path.Value != strconv.Quote(pkg) {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		base := path.Base(pkg)
		if len(base) > 1 && base[0] == 'v' && base[1] >= '0' && base[1] <= '9' {
			base = path.Base(path.Dir(pkg))
		}
		return base
	}
	return ""
}

// uses returns the names that the file takes from the package: Now of time.Now.
func (s source) uses(pkg string) []string {
	name := s.local(pkg)
	var out []string
	if name == "" {
		return nil
	}
	ast.Inspect(s.ast, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		// The parser resolves names of the file itself: a package stays unresolved.
		if x, ok := sel.X.(*ast.Ident); ok && x.Name == name && x.Obj == nil && !slices.Contains(out, sel.Sel.Name) {
			out = append(out, sel.Sel.Name)
		}
		return true
	})
	return out
}

// parse makes a source of text; the path decides what the rules say of it.
func parse(name, text string) (source, error) {
	tree, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments)
	return source{file{name, text}, tree}, err
}

// everything is the repository, read and parsed once for all tests.
var everything = sync.OnceValues(func() (tree struct {
	files   []file
	sources []source
}, err error,
) {
	tree.files, err = walk()
	if err != nil {
		return tree, err
	}
	for _, f := range tree.files {
		if !strings.HasSuffix(f.path, ".go") || strings.Contains(f.path, "testdata/") {
			continue
		}
		s, err := parse(f.path, f.text)
		if err != nil {
			return tree, err
		}
		tree.sources = append(tree.sources, s)
	}
	return tree, nil
})

// walk reads every text file of the repository.
func walk() ([]file, error) {
	var out []file
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skipped[d.Name()]:
			return filepath.SkipDir
		case !d.Type().IsRegular(), d.Name() == ".git": // a second work tree has a file of that name
			return nil
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if bytes.IndexByte(data, 0) >= 0 {
			return nil // not text
		}
		rel, err := filepath.Rel(root, name)
		out = append(out, file{filepath.ToSlash(rel), string(data)})
		return err
	})
	return out, err
}

// files returns every text file of the repository.
func files(t *testing.T) []file {
	t.Helper()
	tree, err := everything()
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.files) < 20 {
		t.Fatalf("only %d files under %s: is this the repository?", len(tree.files), root)
	}
	return tree.files
}

// sources returns every Go file of the repository that is part of a package.
func sources(t *testing.T) []source {
	t.Helper()
	files(t)
	tree, err := everything()
	if err != nil {
		t.Fatal(err)
	}
	return tree.sources
}

// read returns the text of one file, "" where there is none.
func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(data)
}

// report fails the test with each violation on its own line.
func report(t *testing.T, violations []string) {
	t.Helper()
	for _, v := range violations {
		t.Error(v)
	}
}
