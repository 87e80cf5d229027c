-- +goose Up
-- The endpoints of one user. Of what cannot be read nobody knows whose it is.
CREATE INDEX webhook_endpoints_user ON webhook_endpoints (CASE WHEN json_valid(endpoint) THEN json_extract(endpoint, '$.user') END, id) WHERE NOT removed;
