-- +goose Up
CREATE VIEW v_accounts AS
SELECT id, user, provider, server, remote_id, name,
       strftime('%Y-%m-%dT%H:%M:%fZ', created_at / 1000.0, 'unixepoch') AS created_at
FROM accounts;

CREATE VIEW v_items AS
SELECT n.user, n.service, n.account, n.server, n.id AS network_id, n.params,
       i.item_id, i.url, i.kind, i.title, i.text,
       i.author AS author_name, i.author_url, i.image, i.tags, i.language, i.private,
       strftime('%Y-%m-%dT%H:%M:%fZ', i.created_at / 1000.0, 'unixepoch') AS created_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', i.liked_at / 1000.0, 'unixepoch') AS liked_at,
       i.liked_from AS liked_at_source,
       strftime('%Y-%m-%dT%H:%M:%fZ', i.first_seen / 1000.0, 'unixepoch') AS first_seen_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', i.removed_at / 1000.0, 'unixepoch') AS removed_at,
       i.removed_because
FROM items i JOIN networks n ON n.num = i.net;
