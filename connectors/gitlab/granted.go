package gitlab

import (
	"collector/connectors"
	"collector/fault"
)

// beyond are the scopes of personal access tokens by what they allow
// (docs.gitlab.com/user/profile/personal_access_tokens).
func beyond() []connectors.Power {
	return []connectors.Power{
		{Name: "api", May: "change everything that you may change", Covers: []string{"read_api"}},
		{Name: "write_repository", May: "write to your repositories"},
		{Name: "read_repository", May: "read the code of your repositories"},
		{Name: "read_user", May: "read your profile"},
		{Name: "write_registry", May: "publish images"},
		{Name: "sudo", May: "act as any user"},
		{Name: "admin_mode", May: "administer the server"},
	}
}

// Granted asks about the token itself; only personal access tokens are told of
// (docs.gitlab.com/api/personal_access_tokens, from GitLab 15.5).
func (gitlab) Granted(q connectors.Query) (connectors.Request, error) {
	r := request(q, "/personal_access_tokens/self")
	r.Quotas = []string{"api"}
	return r, nil
}

// Grants reads its scopes.
func (gitlab) Grants(r connectors.Reply) ([]string, error) {
	var token struct {
		Scopes []string `json:"scopes"`
	}
	if err := connectors.Decode(r, &token); err != nil {
		return nil, err
	}
	if len(token.Scopes) == 0 {
		return nil, fault.New(fault.Gone, "GitLab does not say what the token may do")
	}
	return token.Scopes, nil
}
