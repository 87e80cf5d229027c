//go:build mongo

package pages

// With the tag all is run; scripts/mongod finds a server.
func init() { measurements = Measurements() }
