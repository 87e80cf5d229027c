package auth

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mayReveal are the files that may take a Secret's text. Each has its reason.
var mayReveal = map[string]string{
	"auth/secret.go":            "its own comparison",
	"auth/credential.go":        "writes what gets sealed",
	"auth/holders.go":           "hashes it, to compare sign-ins",
	"auth/keyfile.go":           "reads a key from the environment, writes the key file",
	"auth/scrub.go":             "must know what to look for",
	"fetch/fields.go":           "salts a password",
	"fetch/roundtrip.go":        "fills in the placeholders, right before the wire",
	"fetch/send.go":             "signs a call to a server that the user named, right before the wire",
	"deliver/webhook/sign.go":   "signs what is sent to webhooks",
	"deliver/notify/address.go": "hands the addresses of notifications to the library that calls them",

	"web/remote/client.go": "shows the token to the collector that a command asks, right before the wire",
	"web/remote/bring.go":  "hands a credential to the collector that is to keep it, right before the wire",
	"web/remote/push.go":   "hands the token of a bookmark service to the collector that is to push, right before the wire",

	"cmd/collector/join.go":  "hands etcd's password to its client",
	"cmd/collector/stomp.go": "reads the users of the STOMP server",
}

// TestRevealIsCalledInFewPlaces reads the whole tree.
func TestRevealIsCalledInFewPlaces(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", "node_modules", "testdata", "dist"}, d.Name()):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil // half-written files are the compiler's business
		}
		at := filepath.ToSlash(strings.TrimPrefix(name, ".."+string(filepath.Separator)))
		ast.Inspect(tree, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Reveal" {
				seen[at] = true
				if mayReveal[at] == "" {
					t.Errorf("%s reveals a secret: only the sealing, the scrubbing and the signing may", at)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for at := range mayReveal {
		if !seen[at] {
			t.Errorf("%s reveals nothing: take it off the list", at)
		}
	}
}
