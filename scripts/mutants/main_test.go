package main

import (
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// files of a small module with one good test, one that sees nothing, and one
// that builds the program itself.
var small = map[string]string{
	"go.mod":      "module small\n\ngo 1.26\n",
	"sum/sum.go":  "package sum\n\nfunc Sum(a, b int) int {\n\treturn a + b\n}\n\nfunc Forever() bool {\n\treturn false\n}\n",
	"cmd/main.go": "package main\n\nimport \"small/sum\"\n\nfunc main() {\n\tprintln(sum.Sum(1, 2))\n}\n",
	"none/n.go":   "package none\n",
	"sum/sum_test.go": `package sum

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestSum(t *testing.T) {
	if Sum(1, 2) != 3 {
		t.Fatal("wrong sum")
	}
}

func TestBlind(t *testing.T) { Sum(1, 2) }

func TestRed(t *testing.T) { t.Fatal("always") }

func TestSometimes(t *testing.T) {
	if Sum(1, 2) == 3 || os.Mkdir("met", 0o700) == nil {
		return
	}
	t.Fatal("seen when it is met again")
}

func TestSkipped(t *testing.T) { t.Skip("never") }

func TestHangs(t *testing.T) {
	for Forever() {
	}
}

func TestProgram(t *testing.T) {
	out, err := exec.Command("go", "run", "../cmd").CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "3" {
		t.Fatalf("%s %v", out, err)
	}
}
`,
}

const plus = "file: sum/sum.go\nold:\n\treturn a + b\nnew:\n"

// verdicts runs one mutant file over the small module.
func verdicts(t *testing.T, text string) (string, error) {
	t.Helper()
	root := t.TempDir()
	tree := maps.Clone(small)
	tree["mutants/one.txt"] = text
	for name, body := range tree {
		p := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	err := run(t.Context(), root, nil, &out)
	after, readErr := os.ReadFile(filepath.Join(root, "sum/sum.go"))
	if readErr != nil || string(after) != tree["sum/sum.go"] {
		t.Errorf("the tree was touched: %s, %v", after, readErr)
	}
	return out.String(), err
}

func TestVerdicts(t *testing.T) {
	head := "# X1: sums are right\npackage: sum\n"
	for _, c := range []struct {
		name, text, want string
		good             bool
	}{
		{"seen by its test", head + "test: ^TestSum$\n" + plus + "\treturn a - b\n", "red ", true},
		{"seen in a program that the test builds", head + "test: ^TestProgram$\n" + plus + "\treturn a - b\n", "red ", true},
		{"ended when it hangs", head + "test: ^TestHangs$\ntimeout: 300ms\nfile: sum/sum.go\nold:\n\treturn false\nnew:\n\treturn true\n", "red ", true},
		{"not seen", head + "test: ^TestBlind$\n" + plus + "\treturn a - b\n", "LIVES", false},
		{"not seen at first", head + "test: ^TestSometimes$\n" + plus + "\treturn a - b\n", "LIVES", true},
		{"not compiling", head + "test: ^TestSum$\n" + plus + "\treturn a -\n", "DOES NOT COMPILE", false},
		{"red without it", head + "test: ^TestRed$\n" + plus + "\treturn a - b\n", "BASELINE", false},
		{"no such test", head + "test: ^TestNone$\n" + plus + "\treturn a - b\n", "BASELINE", false},
		{"a skipped test", head + "test: ^TestSkipped$\n" + plus + "\treturn a - b\n", "BASELINE", false},
		{"a package without tests", "# X1: x\npackage: none\ntest: ^TestSum$\n" + plus + "\treturn a - b\n", "BASELINE", false},
		{"stale", head + "test: ^TestSum$\nfile: sum/sum.go\nold:\n\treturn b + a\nnew:\n\treturn 0\n", "STALE", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := verdicts(t, c.text)
			if (err == nil) != c.good || !strings.HasPrefix(out, c.want) {
				t.Errorf("error %v, table:\n%s", err, out)
			}
			want := 0
			if again := strings.HasPrefix(out, "LIVES") || strings.Contains(out, "without the change: red"); again && !c.good {
				want = looks - 1
			} else if again {
				want = 1
			}
			if got := strings.Count(out, "look "); got != want {
				t.Errorf("%d looks more, want %d; table:\n%s", got, want, out)
			}
		})
	}
}

func TestWordsChooseMutants(t *testing.T) {
	dir := t.TempDir()
	for name, promise := range map[string]string{"fence": "R3: x", "order": "R1: y"} {
		text := "# " + promise + "\npackage: a\ntest: T\nfile: x\nold:\na\nnew:\nb\n"
		if err := os.WriteFile(filepath.Join(dir, name+".txt"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for word, want := range map[string]int{"R3": 1, "order": 1, "R": 2, "S9": 0} {
		if got, err := load(dir, []string{word}); err != nil || len(got) != want {
			t.Errorf("%s: %d mutants, %v; want %d", word, len(got), err, want)
		}
	}
}

func TestNothingChosenIsAnError(t *testing.T) {
	if err := run(context.Background(), t.TempDir(), nil, &bytes.Buffer{}); err == nil {
		t.Error("an empty folder of mutants passed")
	}
}
