package control

// Copy tells of a whole copy of a store.
type Copy struct {
	Bytes      int64  `json:"bytes"`
	Items      int    `json:"items"`      // present ones, of all networks
	Networks   int    `json:"networks"`   // without those whose collecting has ended
	Accounts   int    `json:"accounts"`   // of which sign-ins are sealed in it
	Schema     int64  `json:"schema"`     // version
	LastChange int64  `json:"lastChange"` // newest number of the log of changes
	Simulated  bool   `json:"simulated"`  // made-up data of the demo
	Key        string `json:"key"`        // where the secret key is that opens the sign-ins, in words
}
