package control

// Progressed says how far something is that takes its time: an import of likes or of accounts, a push.
type Progressed struct {
	Read  int `json:"read"`  // likes, or lines of accounts, that were read or looked at
	Added int `json:"added"` // of them, those that are new
}
