package config

import (
	"fmt"
	"strings"
	"testing"
)

func TestPublishIsChecked(t *testing.T) {
	for want, p := range map[string]Publish{
		"":                  {Publish: true, PublishKinds: []string{"poll", "import"}, PublishQueues: []string{"/queue/likes"}},
		"none of poll":      {PublishKinds: []string{"pol"}},
		"neither /queue/":   {PublishQueues: []string{"likes"}},
		"is no queue":       {PublishQueues: []string{"/topic/likes"}},
		"spaces, control":   {PublishQueues: []string{"/queue/a b"}},
		"the name in":       {PublishQueues: []string{"/queue/"}},
		"write /queue/NAME": {PublishQueues: []string{"/queue/likes", "/exchange/x"}},
	} {
		var said []string
		p.validate(func(key, format string, a ...any) { said = append(said, key+": "+fmt.Sprintf(format, a...)) })
		if want == "" && len(said) > 0 || want != "" && (len(said) != 1 || !strings.Contains(said[0], want)) {
			t.Errorf("%+v: %q, want %q", p, said, want)
		}
	}
}
