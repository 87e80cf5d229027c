package mongo

import driver "go.mongodb.org/mongo-driver/v2/mongo"

// Database is the database that the store is in, over its connections, for what other
// packages keep in collections of their own. It is good until Close.
func (s *Store) Database() *driver.Database { return s.meta.Database() }
