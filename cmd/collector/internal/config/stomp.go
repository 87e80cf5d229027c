package config

import (
	"net"
	"strconv"

	"collector/broker/stomp"
)

// Stomp says whether other programs may use the message broker over STOMP, and who.
// An address that is empty is not listened on.
type Stomp struct {
	Stomp          string   `yaml:"stomp" split_words:"true" doc:"address on which programs reach queues and topics over STOMP, such as 127.0.0.1:61613; nothing: not offered"`
	StompTLS       string   `yaml:"stomp_tls" split_words:"true" doc:"the same with TLS, such as :61614; wants the certificate"`
	StompWS        string   `yaml:"stomp_ws" split_words:"true" doc:"the same in WebSockets, for browsers, such as 127.0.0.1:15674"`
	StompWSS       string   `yaml:"stomp_wss" split_words:"true" doc:"WebSockets with TLS; wants the certificate"`
	StompCertFile  string   `yaml:"stomp_cert_file" split_words:"true" doc:"certificate, with those that lead to its root, for TLS"`
	StompKeyFile   string   `yaml:"stomp_key_file" split_words:"true" doc:"key of that certificate"`
	StompUsers     Secret   `yaml:"stomp_users" split_words:"true" doc:"who may log in, one a line: name, password and rights; better in a file"`
	StompUsersFile string   `yaml:"stomp_users_file" split_words:"true" doc:"file that holds the users; without users only this machine can be listened to, and its programs need no login"`
	StompOrigins   []string `yaml:"stomp_origins" split_words:"true" doc:"hosts of pages that browsers may open WebSockets from, beside pages of this machine"`
}

// Offered says that something is listened on.
func (s *Stomp) Offered() bool { return s.Stomp+s.StompTLS+s.StompWS+s.StompWSS != "" }

// validate returns what is wrong, as key and reason.
func (s *Stomp) validate(bad func(key, format string, a ...any)) {
	users := !s.StompUsers.Empty() || s.StompUsersFile != ""
	for _, l := range []struct {
		key, address string
		secret       bool
	}{{"stomp", s.Stomp, false}, {"stomp_tls", s.StompTLS, true}, {"stomp_ws", s.StompWS, false}, {"stomp_wss", s.StompWSS, true}} {
		if l.address == "" {
			continue
		}
		host, port, err := net.SplitHostPort(l.address)
		n, noNumber := strconv.Atoi(port)
		switch {
		case err != nil || noNumber != nil || n < 0 || n > 65535:
			bad(l.key, "%q is no address: write host:port, such as 127.0.0.1:61613", l.address)
		case !users && !stomp.Loopback(host):
			bad(l.key, "%s can be reached from other machines, and there are no users: name them in stomp_users_file, or listen on 127.0.0.1:%s", l.address, port)
		case l.secret && s.StompCertFile == "":
			bad(l.key, "TLS needs stomp_cert_file and stomp_key_file")
		}
	}
	if !s.StompUsers.Empty() && s.StompUsersFile != "" {
		bad("stomp_users", "stomp_users and stomp_users_file are both set: keep one")
	}
	if (s.StompCertFile == "") != (s.StompKeyFile == "") {
		bad("stomp_cert_file", "stomp_cert_file and stomp_key_file belong together: set both or none")
	}
}
