// Package datasette writes likes into an SQLite file of their own, for Datasette and whatever
// else reads SQLite: small tables with foreign keys and a full-text index, as the tools
// around github-to-sqlite make them. It can be imported again and has lost nothing.
//
// What is in a store beside the likes is not in it: no sign-in, no schedule, no log.
package datasette

// schema follows what Datasette makes something of: a foreign key is shown by the column
// name or title of its table, tags are an array of JSON, which it counts by its facets,
// and it finds the index by the words content="items".
const schema = `
CREATE TABLE users (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);
CREATE TABLE networks (
  id      TEXT PRIMARY KEY,
  name    TEXT NOT NULL,
  service TEXT NOT NULL,
  account TEXT NOT NULL,
  user    INTEGER NOT NULL REFERENCES users(id)
);
CREATE TABLE authors (
  id     INTEGER PRIMARY KEY,
  name   TEXT NOT NULL,
  url    TEXT NOT NULL,
  avatar TEXT NOT NULL,
  UNIQUE (name, url, avatar)
);
CREATE TABLE items (
  id              INTEGER PRIMARY KEY,
  title           TEXT NOT NULL,
  url             TEXT NOT NULL,
  text            TEXT NOT NULL,
  author          INTEGER REFERENCES authors(id),
  network         TEXT NOT NULL REFERENCES networks(id),
  item_id         TEXT NOT NULL,
  kind            TEXT NOT NULL,
  tags            TEXT NOT NULL,
  language        TEXT NOT NULL,
  image           TEXT NOT NULL,
  private         INTEGER NOT NULL,
  created_at      TEXT,
  liked_at        TEXT,
  liked_at_source TEXT NOT NULL,
  first_seen_at   TEXT,
  removed_at      TEXT,
  removed_because TEXT NOT NULL,
  details_missing INTEGER NOT NULL,
  UNIQUE (network, item_id)
);
CREATE VIRTUAL TABLE items_fts USING fts5(title, text, tags, content="items", content_rowid="id");
CREATE VIEW likes AS
  SELECT items.liked_at, networks.name AS network, items.title, items.url, authors.name AS author, items.tags, items.text, items.id
  FROM items JOIN networks ON networks.id = items.network LEFT JOIN authors ON authors.id = items.author
  WHERE items.removed_at IS NULL
  ORDER BY items.liked_at DESC;
`

// indexes are made when all is written.
const indexes = `
CREATE INDEX items_liked_at ON items(liked_at);
CREATE INDEX items_author ON items(author);
INSERT INTO items_fts(items_fts) VALUES ('rebuild');
ANALYZE;
`
