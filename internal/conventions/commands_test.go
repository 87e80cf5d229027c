package conventions

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

var target = regexp.MustCompile(`(?m)^([a-z0-9]+):`)

// TestEveryTargetIsExplained keeps `make help` complete.
func TestEveryTargetIsExplained(t *testing.T) {
	text := read(t, "Makefile")
	explained := regexp.MustCompile(`(?m)^([a-z0-9]+):.*## \S`)
	all, said := target.FindAllString(text, -1), explained.FindAllString(text, -1)
	if len(all) < 8 || len(all) != len(said) {
		t.Errorf("%d targets, %d of them explained by ##", len(all), len(said))
	}
	for _, name := range []string{"build", "test", "bench", "e2e", "mutants", "fuzz", "lint", "release", "container"} {
		if !strings.Contains(text, "\n"+name+":") {
			t.Errorf("no target %s", name)
		}
	}
}

// TestCIRunsTheTestCommandOfTheREADME keeps the two from drifting apart.
func TestCIRunsTheTestCommandOfTheREADME(t *testing.T) {
	const command = "make test"
	if !strings.Contains(read(t, "README.md"), command) {
		t.Errorf("README.md does not name %q", command)
	}
	if !regexp.MustCompile(`(?m)^make test\b`).MatchString(read(t, ".ci/run")) {
		t.Errorf(".ci/run does not run %q", command)
	}
}

// TestScriptsCanBeRun looks for a lost executable bit, which git keeps and an
// editor may not.
func TestScriptsCanBeRun(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // no such bit there
	}
	names, err := filepath.Glob(filepath.Join(root, "scripts", "*"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, name := range append(names, filepath.Join(root, ".ci/run")) {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if !info.Mode().IsRegular() {
			continue
		}
		seen++
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode()&fs.FileMode(0o111) == 0 || !strings.HasPrefix(string(text), "#!/usr/bin/env bash\n# ") {
			t.Errorf("%s wants an executable bit, #!/usr/bin/env bash, and a comment that says what it does", name)
		}
	}
	if seen < 5 {
		t.Errorf("only %d scripts seen", seen)
	}
}
