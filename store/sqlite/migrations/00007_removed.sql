-- +goose Up
-- Likes that are gone are few: a search for them reads these alone. An item that is not
-- gone has no entry, so that storing one writes no more than before.
CREATE INDEX items_removed ON items (net, liked_at DESC, item_id) WHERE removed_at IS NOT NULL;
