package conventions

import (
	"go/ast"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

// folders groups the sources by folder.
func folders(sources []source) map[string][]source {
	out := map[string][]source{}
	for _, s := range sources {
		out[s.dir()] = append(out[s.dir()], s)
	}
	return out
}

// checkPackages demands of every package a test and a comment that says its idea.
func checkPackages(all []source) []string {
	var out []string
	byDir := folders(all)
	for _, dir := range slices.Sorted(maps.Keys(byDir)) {
		var tested, code, said bool
		for _, s := range byDir[dir] {
			tested = tested || s.test()
			code = code || !s.test()
			said = said || !s.test() && s.ast.Doc != nil
		}
		if code && !tested {
			out = append(out, dir+" has no test")
		}
		if code && !said {
			out = append(out, dir+" has no package comment: say its idea above the package clause of one file")
		}
	}
	return out
}

func TestEveryPackageHasATestAndAComment(t *testing.T) {
	report(t, checkPackages(sources(t)))
}

// checkFuzz demands seeds of every fuzz function: a call of Add, a helper that
// is given f, or files in testdata/fuzz.
func checkFuzz(s source, seedFiles func(dir, name string) bool) []string {
	var out []string
	for _, decl := range s.ast.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || !s.test() || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "Fuzz") || len(fn.Type.Params.List) != 1 || len(fn.Type.Params.List[0].Names) != 1 {
			continue
		}
		f := fn.Type.Params.List[0].Names[0].Name
		seeded := false
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == f && sel.Sel.Name == "Add" {
					seeded = true
				}
			}
			for _, arg := range call.Args {
				if x, ok := arg.(*ast.Ident); ok && x.Name == f {
					seeded = true
				}
			}
			return true
		})
		if !seeded && !seedFiles(s.dir(), fn.Name.Name) {
			out = append(out, s.path+": "+fn.Name.Name+" has no seeds: call f.Add or keep some in testdata/fuzz")
		}
	}
	return out
}

func TestEveryFuzzFunctionHasSeeds(t *testing.T) {
	all := files(t)
	seedFiles := func(dir, name string) bool {
		return slices.ContainsFunc(all, func(f file) bool {
			return strings.HasPrefix(f.path, path.Join(dir, "testdata/fuzz", name)+"/")
		})
	}
	for _, s := range sources(t) {
		report(t, checkFuzz(s, seedFiles))
	}
}

func TestPackageRulesCanFail(t *testing.T) {
	bare, err := parse("store/x.go", "package store")
	if err != nil {
		t.Fatal(err)
	}
	if got := checkPackages([]source{bare}); len(got) != 2 {
		t.Errorf("a package without test and comment: %q", got)
	}
	none := func(string, string) bool { return false }
	for body, want := range map[string]int{
		`func FuzzX(f *testing.F) { f.Fuzz(func(t *testing.T, b []byte) {}) }`:             1,
		`func FuzzX(f *testing.F) { f.Add(1); f.Fuzz(func(t *testing.T, b int) {}) }`:      0,
		`func FuzzX(f *testing.F) { seeds(f); f.Fuzz(func(t *testing.T, b int) {}) }`:      0,
		`func FuzzHelper(t *testing.T, x, y int) {}`:                                       0,
		`func FuzzX(fz *testing.F) { kit.Run(other, fz) }`:                                 0,
		`func FuzzX(fz *testing.F) { f.Add(1); fz.Fuzz(func(t *testing.T, b []byte) {}) }`: 1,
	} {
		s, err := parse("store/x_test.go", "package store\n"+body)
		if err != nil {
			t.Fatal(err)
		}
		if got := checkFuzz(s, none); len(got) != want {
			t.Errorf("%s: %q, want %d violations", body, got, want)
		}
	}
}
