package conventions

import (
	"strings"
	"testing"
)

// lastStage returns the instructions of a container file from its last FROM,
// without comments, and with what only a multi-stage file has to say taken away.
func lastStage(text string) string {
	var out []string
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if strings.HasPrefix(line, "FROM ") {
			out = nil
		}
		if strings.HasPrefix(line, "COPY --from=build ") {
			line = strings.Replace(line, "--from=build ", "", 1)
			line = strings.Replace(line, "/out/", "", 1)
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// TestTheFinalStagesAreEqual lets CI stand for both files: it can build only
// the prebuilt one, where no image can be pulled.
func TestTheFinalStagesAreEqual(t *testing.T) {
	users, prebuilt := lastStage(read(t, "Dockerfile")), lastStage(read(t, "Dockerfile.prebuilt"))
	if users != prebuilt {
		t.Errorf("the final stages differ:\n--- Dockerfile\n%s\n--- Dockerfile.prebuilt\n%s", users, prebuilt)
	}
	for _, want := range []string{"FROM scratch\n", "\nUSER 65532:65532\n", `ENTRYPOINT ["/collector"]`, "\nCMD []"} {
		if !strings.Contains(prebuilt, want) {
			t.Errorf("Dockerfile.prebuilt lacks %q", strings.TrimSpace(want))
		}
	}
}

func TestStageComparisonCanFail(t *testing.T) {
	multi := "FROM golang AS build\nRUN make\nFROM scratch\nCOPY --from=build /out/collector /collector\nUSER 1\n"
	if got, want := lastStage(multi), "FROM scratch\nCOPY collector /collector\nUSER 1"; got != want {
		t.Errorf("last stage %q, want %q", got, want)
	}
	if lastStage(multi) == lastStage("FROM scratch\nCOPY collector /collector\nUSER 0\n") {
		t.Error("two users look equal")
	}
}
