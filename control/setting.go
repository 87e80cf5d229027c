package control

// Setting is one key of the configuration: what it is and who said so.
type Setting struct {
	Key      string `json:"key"`
	Value    string `json:"value"`          // "(secret)" for what must not be shown
	Origin   string `json:"origin"`         // default, file, environment, flag, demo
	File     string `json:"file,omitempty"` // which one, where it is from a file
	Variable string `json:"variable"`
	Doc      string `json:"doc"`
	Loses    string `json:"loses,omitempty" doc:"what another place says of it, and which one wins"`
}
