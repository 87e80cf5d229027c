// Package config finds out how the program is to run. A value may come from
// four places, the later ones winning: the default in Default, a YAML file, a
// COLLECTOR_… variable, a flag. All keys are fields of Config, so the sample,
// the documentation of the keys, the variables and the check for unknown keys
// are read from one place. Load remembers where each value came from.
package config

import (
	"time"

	"collector/connectors"
)

// Config is everything that can be set. Each embedded struct belongs to one
// part of the program. The yaml tag of a field is its key; the variable of a
// key is COLLECTOR_ and the key in upper case; doc is its line in the sample.
type Config struct {
	Storage `yaml:",inline"`
	Daemon  `yaml:",inline"`
	Logging `yaml:",inline"`
	Network `yaml:",inline"`
	Cluster `yaml:",inline"`
	Publish `yaml:",inline"`
	Stomp   `yaml:",inline"`
	Upkeep  `yaml:",inline"`
	Notify  `yaml:",inline"`
	Web     `yaml:",inline"`
	API     `yaml:",inline"`
	Metrics `yaml:",inline"`

	// Services and Providers have one entry for each that the program knows.
	Services  map[string]Service  `yaml:"services" ignored:"true"`
	Providers map[string]Provider `yaml:"providers" ignored:"true"`
}

// Storage says where likes and credentials are kept.
type Storage struct {
	Store         string `yaml:"store" split_words:"true" doc:"where everything is kept: sqlite:FILE, mongodb://HOST/DATABASE, or memory: for a look around"`
	Archive       bool   `yaml:"archive" split_words:"true" doc:"also keep every object as the service sent it; larger than everything else together"`
	SecretKey     Secret `yaml:"secret_key" split_words:"true" doc:"key that seals the credentials: 32 bytes in base64; without one a file is made beside the SQLite store, and MongoDB is refused"`
	SecretKeyFile string `yaml:"secret_key_file" split_words:"true" doc:"file that holds the secret key; readable by its owner alone"`
	DiskFloor     string `yaml:"disk_floor" split_words:"true" doc:"collecting pauses while the store's disk has less room than this, such as 200MB or 1GB; 0: never"`
}

// Daemon says how the loops run.
type Daemon struct {
	Mode       string        `yaml:"mode" split_words:"true" doc:"which loops run: both, initial (read whole histories) or normal (poll for what is new)"`
	Workers    int           `yaml:"workers" split_words:"true" doc:"networks that are read at the same time, 1 to 1024"`
	Lease      time.Duration `yaml:"lease" split_words:"true" doc:"how long a network stays with an instance that does not answer, 100ms to 10m"`
	Grace      time.Duration `yaml:"grace" split_words:"true" doc:"how long a stop may take: the page in hand is finished, then all is given back"`
	BackoffMin time.Duration `yaml:"backoff_min" split_words:"true" doc:"first wait after a temporary failure; it doubles with each that follows"`
	BackoffMax time.Duration `yaml:"backoff_max" split_words:"true" doc:"longest wait after temporary failures; a network is never given up"`
}

// Logging says what is told, and how.
type Logging struct {
	LogFormat string `yaml:"log_format" split_words:"true" doc:"auto (text at a terminal, else json), text or json"`
	LogLevel  string `yaml:"log_level" split_words:"true" doc:"debug, info, warn or error"`
	Quiet     bool   `yaml:"quiet" split_words:"true" doc:"only warnings, errors and what was asked for"`
	NoColor   bool   `yaml:"no_color" split_words:"true" doc:"no colours; NO_COLOR does the same"`
}

// Network says which addresses may be called.
type Network struct {
	AllowPrivate []string `yaml:"allow_private" split_words:"true" doc:"hosts, addresses and networks (git.lan, 10.0.0.0/8) that a user's server may have although they are private; http and any port are then allowed"`
}

// Service is what can be set for one service.
type Service struct {
	PollMin time.Duration `yaml:"poll_min" split_words:"true" doc:"shortest time between two polls of one network"`
	PollMax time.Duration `yaml:"poll_max" split_words:"true" doc:"longest time between two polls of one network"`
}

// Provider is what can be set for who runs the servers of one or more services.
type Provider struct {
	Budget string `yaml:"budget" priced:"true" doc:"what a month may cost, in US dollars: 5 or 0.50; 0: nothing is read. The service charges for what it returns"`
	URL    string `yaml:"url" doc:"base address used in place of the provider's own, for GitHub Enterprise, a proxy or a test; http and loopback are allowed, since you set it"`
}

// Default is the configuration of a first start.
func Default(infos []connectors.Info) Config {
	c := Config{
		Storage: Storage{Store: "sqlite:collector.db", DiskFloor: "200MB"},
		Daemon: Daemon{
			Mode: "both", Workers: 16,
			Lease: 30 * time.Second, Grace: 20 * time.Second,
			BackoffMin: time.Minute, BackoffMax: 6 * time.Hour,
		},
		Logging:   Logging{LogFormat: "auto", LogLevel: "info"},
		Cluster:   Cluster{ClusterTTL: 2 * time.Minute},
		Notify:    Notify{NotifyGap: 15 * time.Minute},
		Web:       Web{Listen: "127.0.0.1:8765"},
		API:       API{API: APIAuto},
		Metrics:   Metrics{GraphiteInterval: time.Minute, GraphitePrefix: "servers.{host}.{mode}"},
		Services:  map[string]Service{},
		Providers: map[string]Provider{},
	}
	c.fill(infos)
	return c
}

// fill adds the services and providers that are not there yet, and each
// service's own times where none are set.
func (c *Config) fill(infos []connectors.Info) {
	if c.Services == nil {
		c.Services = map[string]Service{}
	}
	if c.Providers == nil {
		c.Providers = map[string]Provider{}
	}
	for _, in := range infos {
		s := c.Services[in.Name]
		if s.PollMin == 0 {
			s.PollMin = in.PollMin
		}
		if s.PollMax == 0 {
			s.PollMax = in.PollMax
		}
		c.Services[in.Name] = s
		p := c.Providers[in.Provider]
		if p.Budget == "" {
			p.Budget = budgetOf(in)
		}
		c.Providers[in.Provider] = p
	}
}
