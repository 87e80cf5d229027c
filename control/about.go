package control

// About is who answers over HTTP.
type About struct {
	Version   string `json:"version"`
	Edition   int    `json:"edition"` // of what the answers mean
	Simulated bool   `json:"simulated"`
	User      string `json:"user"` // whose things whoever asks may see; "" for those of all users
}
