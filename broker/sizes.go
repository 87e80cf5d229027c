package broker

// sizes remembers how large messages have been lately, so that what is fetched at once
// is about a MiB however many a consumer has room for.
type sizes struct{ typical int } // 0: none has come yet

// unknown is how many messages are fetched while nothing is known of their size.
const unknown = 32

// fit is how many of up to n messages are fetched at once; at least one.
func (s sizes) fit(n int) int {
	if s.typical == 0 {
		return min(n, unknown)
	}
	return min(n, max(1, received/s.typical))
}

// learn notes the sizes of messages that came together.
func (s *sizes) learn(bytes, messages int) {
	if messages > 0 {
		s.typical = max(1, bytes/messages)
	}
}
