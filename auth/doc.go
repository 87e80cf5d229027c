// Package auth keeps the credentials of accounts: sealed in the store, opened
// only to sign a call, refreshed in one place before they run out.
//
// A credential passes through three hands. The user gives a bare token or a
// JSON object (ParseCredential); the Keyring seals it with AES-256-GCM, bound to
// its account, and only then does it reach a store; the Keeper opens it for
// fetch, which fills it in at the last moment before a call is sent. Between
// them it is a Secret, which nothing prints.
//
// Tokens that rotate are the dangerous ones: a pair that the provider has
// already replaced and that was not stored is lost, and the user must sign in
// again. So one refresher works on an account at a time, a new pair is stored
// before it is used, and what a refused refresh says is believed only after the
// record was read again.
package auth
