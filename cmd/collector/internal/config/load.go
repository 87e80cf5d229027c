package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kelseyhightower/envconfig"

	"collector/connectors"
)

// Layer is a place where a value may come from.
type Layer string

// The layers, the later ones winning.
const (
	FromDefault Layer = "default"
	FromFile    Layer = "file"
	FromEnv     Layer = "environment"
	FromFlag    Layer = "flag"
	FromDemo    Layer = "demo" // collector demo, which has its own of some
)

// Input is where Load looks.
type Input struct {
	Infos []connectors.Info // services that the program knows
	File  string            // path of the YAML file; "" for none
	Flags map[string]string // key -> value, for flags that were given
	Env   []string          // NAME=value, to find unknown variables; the values are read from the process's environment
}

// Loaded is the configuration and how it came about.
type Loaded struct {
	Config
	File     string
	Origins  map[string][]Origin // key -> what each layer said, the winner last; keys that are at their default have one
	Warnings []string
}

// Origin is what one layer said of a key.
type Origin struct {
	Layer Layer
	Value string // "(secret)" for a secret
}

// Load reads all layers. The error is one for a person: it names each broken
// key, its place and what is wrong; errors.Is finds ErrInvalid.
func Load(in Input) (*Loaded, error) {
	l := &Loaded{Config: Default(in.Infos), File: in.File, Origins: map[string][]Origin{}}
	for k, value := range l.Values() {
		l.Origins[k.Name] = []Origin{{FromDefault, value}}
	}
	if err := l.readFile(in); err != nil {
		return l, invalid(err)
	}
	if err := l.readEnv(in); err != nil {
		return l, invalid(err)
	}
	var errs []error
	for key, text := range in.Flags {
		if err := l.set(key, text); err != nil {
			errs = append(errs, fmt.Errorf("%s, given as a flag: %w", key, err))
			continue
		}
		l.note(key, FromFlag)
	}
	errs = append(errs, l.Validate(in.Infos)...)
	if err := errors.Join(errs...); err != nil {
		return l, invalid(err)
	}
	return l, nil
}

// ErrInvalid is found in every error of Load.
var ErrInvalid = errors.New("the configuration is not valid")

func invalid(err error) error { return fmt.Errorf("%w:\n%w", ErrInvalid, err) }

// Origin returns what said the last word on a key.
func (l *Loaded) Origin(key string) Layer {
	all := l.Origins[key]
	if len(all) == 0 {
		return FromDefault
	}
	return all[len(all)-1].Layer
}

// Disagreement says in words which of several layers won, "" when at most one
// layer beside the default set the key, or all say the same.
func (l *Loaded) Disagreement(key string) string {
	all := l.Origins[key]
	if len(all) < 3 {
		return ""
	}
	last := all[len(all)-1]
	var lost []string
	for _, o := range all[1 : len(all)-1] {
		if o.Value != last.Value {
			lost = append(lost, fmt.Sprintf("%s says %s", o.Layer, o.Value))
		}
	}
	if len(lost) == 0 {
		return ""
	}
	return fmt.Sprintf("%s is %s, as the %s says (%s)", key, last.Value, last.Layer, strings.Join(lost, ", "))
}

func (l *Loaded) note(key string, layer Layer) {
	value, _ := l.Value(key)
	l.Origins[key] = append(l.Origins[key], Origin{layer, value})
}

// Lay lets change set values, and notes those that are others then as what a layer said.
func (l *Loaded) Lay(layer Layer, change func(*Config)) {
	before := map[string]string{}
	for k, value := range l.Values() {
		before[k.Name] = value
	}
	change(&l.Config)
	for k, value := range l.Values() {
		if value != before[k.Name] {
			l.Origins[k.Name] = append(l.Origins[k.Name], Origin{layer, value})
		}
	}
}

// readEnv lays the COLLECTOR_… variables over what is there. A variable that no
// key has is a warning.
func (l *Loaded) readEnv(in Input) error {
	var errs []error
	given := map[string]string{}
	for _, pair := range in.Env {
		name, value, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, Prefix) {
			given[name] = value
		}
	}
	if err := process("COLLECTOR", &l.Config); err != nil {
		errs = append(errs, err)
	}
	for name, s := range l.Services {
		errs = append(errs, process(variable(name), &s))
		l.Services[name] = s
	}
	for name, p := range l.Providers {
		errs = append(errs, process(variable(name), &p))
		l.Providers[name] = p
	}
	for _, k := range l.Keys() {
		value, ok := given[k.Env]
		if !ok {
			continue
		}
		if strings.TrimSpace(value) == "" {
			errs = append(errs, fmt.Errorf("%s is set but empty: unset it or give it a value", k.Env))
		}
		l.note(k.Name, FromEnv)
		delete(given, k.Env)
	}
	l.Warnings = append(l.Warnings, strangers(given, l.Keys(), in.Infos)...)
	return errors.Join(errs...)
}

func variable(name string) string {
	return Prefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// process is envconfig.Process with an error in words that repeats no value.
func process(prefix string, spec any) error {
	err := envconfig.Process(prefix, spec)
	if bad, ok := errors.AsType[*envconfig.ParseError](err); ok {
		return fmt.Errorf("%s cannot be read as %s", bad.KeyName, kindOf(bad.TypeName))
	}
	return err
}

func kindOf(goType string) string {
	switch goType {
	case "time.Duration":
		return "a duration: write 300ms, 30s, 5m or 6h"
	case "int":
		return "a whole number"
	case "bool":
		return "true or false"
	}
	return "a " + goType
}
