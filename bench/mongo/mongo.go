package mongo

import "collector/bench/figure"

// Measurements are those of this package.
func Measurements() []figure.Measurement {
	return []figure.Measurement{
		{Name: "mongo/networks", What: "a million networks in MongoDB: claims, the status", Do: with(networks)},
	}
}
