package mongotest

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Resign has the primary resign. It refuses while no other one has caught up, and is
// asked again then.
func (s *Servers) Resign(ctx context.Context) error {
	for {
		primary, err := s.Primary(ctx)
		if err != nil {
			return err
		}
		err = primary.Command(ctx, bson.D{{Key: "replSetStepDown", Value: 20}, {Key: "secondaryCatchUpPeriodSecs", Value: 5}}, nil)
		if err == nil {
			return nil
		}
		if pause(ctx) != nil {
			return fmt.Errorf("having the primary resign: %w", err)
		}
	}
}

// ElectNobody has a primary that is cut off from the others stay one: it gives up after
// an hour instead of two seconds.
func (s *Servers) ElectNobody(ctx context.Context) error {
	primary, err := s.Primary(ctx)
	if err != nil {
		return err
	}
	var now struct {
		Config struct {
			Version  int32
			Settings struct {
				ElectionTimeoutMillis int32  `bson:"electionTimeoutMillis"`
				Other                 bson.M `bson:",inline"`
			}
			Other bson.M `bson:",inline"`
		}
	}
	if err := primary.Command(ctx, bson.D{{Key: "replSetGetConfig", Value: 1}}, &now); err != nil {
		return fmt.Errorf("reading the settings of the replica set: %w", err)
	}
	now.Config.Version++
	now.Config.Settings.ElectionTimeoutMillis = 3_600_000
	if err := primary.Command(ctx, bson.D{{Key: "replSetReconfig", Value: now.Config}}, nil); err != nil {
		return fmt.Errorf("setting the replica set: %w", err)
	}
	return nil
}
