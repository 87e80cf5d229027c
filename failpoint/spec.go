//go:build failpoint && unix

package failpoint

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// rule is one name=action[:arg][@n] of the specification.
type rule struct {
	name   string
	action string
	text   string        // of error and panic
	wait   time.Duration // of sleep
	nth    int           // 0: every hit
}

// parse reads the whole specification; "" has no rules.
func parse(spec string) ([]rule, error) {
	var rules []rule
	for _, part := range strings.Split(spec, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		r, err := parseRule(part)
		if err != nil {
			return nil, fmt.Errorf("COLLECTOR_FAILPOINT: %q: %w", part, err)
		}
		rules = append(rules, r)
	}
	return rules, nil
}

func parseRule(part string) (rule, error) {
	name, action, ok := strings.Cut(part, "=")
	if !ok || name == "" {
		return rule{}, fmt.Errorf("want name=action")
	}
	r := rule{name: name}
	if at := strings.LastIndexByte(action, '@'); at >= 0 {
		n, err := strconv.Atoi(action[at+1:])
		if err != nil || n < 1 {
			return rule{}, fmt.Errorf("want a count from 1 after @")
		}
		action, r.nth = action[:at], n
	}
	action, arg, hasArg := strings.Cut(action, ":")
	r.action = action
	switch action {
	case "kill", "stop":
		if hasArg {
			return rule{}, fmt.Errorf("%s takes no argument", action)
		}
	case "error", "panic":
		r.text = "injected"
		if arg != "" {
			r.text = arg
		}
	case "sleep":
		wait, err := time.ParseDuration(arg)
		if err != nil || wait < 0 {
			return rule{}, fmt.Errorf("sleep wants a duration such as 300ms")
		}
		r.wait = wait
	default:
		return rule{}, fmt.Errorf("unknown action %q: kill, stop, error, panic or sleep", action)
	}
	return r, nil
}
