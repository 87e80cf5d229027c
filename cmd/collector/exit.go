package main

// Exit codes. They are part of the interface: scripts rely on them, so a number
// never changes its meaning. A number that is not listed is a failure.
const (
	exitOK          = 0
	exitOther       = 1
	exitUsage       = 2
	exitConfig      = 3
	exitSignIn      = 4
	exitTemporary   = 5
	exitPermanent   = 7
	exitNoStore     = 10
	exitSchemaInUse = 11
	exitWrongKey    = 12
	exitReadOnly    = 13
	exitForeign     = 14
	exitNewer       = 15
	exitInterrupted = 130
)

// exitCode is one line of `collector help exit-codes`.
type exitCode struct {
	code    int
	meaning string
}

// exitCodes lists the codes in order.
func exitCodes() []exitCode {
	return []exitCode{
		{exitOK, "done"},
		{exitOther, "another error, a mistake of the program among them"},
		{exitUsage, "the command line is not understood"},
		{exitConfig, "the configuration is not valid"},
		{exitSignIn, "an account needs you: sign in again, or grant a permission"},
		{exitTemporary, "temporary: the same command may succeed later"},
		{exitPermanent, "will not succeed for this account, however often it is tried"},
		{exitNoStore, "the store is missing or cannot be reached"},
		{exitSchemaInUse, "the store is in use by a collector of another version"},
		{exitWrongKey, "the secret key is not the one that sealed the credentials"},
		{exitReadOnly, "the store cannot be written"},
		{exitForeign, "this is not a collector store, it is damaged, or it holds simulated data"},
		{exitNewer, "the store was written by a newer collector"},
		{exitInterrupted, "interrupted"},
	}
}
