package control

// Told is what became of a message for the operator at one address.
type Told struct {
	To     string `json:"to"` // the service, with a number where several addresses are of it
	Sent   bool   `json:"sent"`
	Reason string `json:"reason,omitzero"` // why it was not sent
	Whose  string `json:"whose,omitzero"`
	Next   string `json:"next,omitzero"`
}
