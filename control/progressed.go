package control

// Progressed says how far something is that takes its time.
type Progressed struct {
	Read  int `json:"read"`  // likes that were read
	Added int `json:"added"` // of them, those that are new
}
