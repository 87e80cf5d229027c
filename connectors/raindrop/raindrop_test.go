package raindrop

import (
	"testing"

	"collector/connectors/connectortest"
)

func TestConnector(t *testing.T) { connectortest.Run(t, New()) }

func FuzzParse(f *testing.F) { connectortest.Fuzz(f, New()) }
