//go:build mongo

package main

import "testing"

// TestEveryMeasurementOfMongoWorks needs a MongoDB server; scripts/mongod finds one.
func TestEveryMeasurementOfMongoWorks(t *testing.T) { works(t, onMongo()) }
