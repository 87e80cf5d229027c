package gitlab

import "testing"

// TestOnlyWhatIsCalledPublicIsPublic: a project whose visibility the server does not
// say, or says in a new word, is not shown to others.
func TestOnlyWhatIsCalledPublicIsPublic(t *testing.T) {
	for visibility, private := range map[string]bool{"public": false, "internal": true, "private": true, "": true, "secret": true} {
		it, err := project{ID: 1, FullName: "a/b", WebURL: "https://lab.example/a/b", Visibility: visibility}.item()
		if err != nil || it.Private != private {
			t.Errorf("%q: private %v, %v", visibility, it.Private, err)
		}
	}
}
