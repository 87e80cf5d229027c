package github

import "collector/connectors"

// beyond are the scopes of classic tokens by what they allow (docs.github.com, "Scopes for
// OAuth apps"). Fine-grained tokens do not tell theirs.
func beyond() []connectors.Power {
	return []connectors.Power{
		{Name: "repo", May: "write to your repositories"},
		{Name: "public_repo", May: "write to your public repositories"},
		{Name: "delete_repo", May: "delete repositories"},
		{Name: "workflow", May: "change the workflows of repositories"},
		{Name: "gist", May: "write gists"},
		{Name: "user", May: "change your profile", Covers: []string{"read:user"}},
		{Name: "user:email", May: "read your e-mail addresses"},
		{Name: "user:follow", May: "follow people for you"},
		{Name: "notifications", May: "read your notifications"},
		{Name: "admin:org", May: "administer your organisations"},
		{Name: "write:org", May: "administer your organisations"},
		{Name: "read:org", May: "see your organisations"},
		{Name: "admin:public_key", May: "administer your keys"},
		{Name: "admin:gpg_key", May: "administer your keys"},
		{Name: "admin:ssh_signing_key", May: "administer your keys"},
		{Name: "admin:repo_hook", May: "administer webhooks"},
		{Name: "admin:org_hook", May: "administer webhooks"},
		{Name: "write:packages", May: "publish packages"},
		{Name: "delete:packages", May: "delete packages"},
	}
}
