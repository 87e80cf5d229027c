package control

import (
	"errors"
	"strings"
	"testing"

	"collector/deliver/webhook"
	"collector/queue"
)

// TestADamagedWebhookIsListed with what waits for it and what to do.
func TestADamagedWebhookIsListed(t *testing.T) {
	v := webhookOf(webhook.Record{Endpoint: webhook.Endpoint{ID: "wh_1"}, Damaged: webhook.Broken("wh_1", errors.New("half a row"))}, queue.Stats{Ready: 2, Dead: 1})
	if v.ID != "wh_1" || v.State != "damaged" || v.Waiting != 2 || v.Dead != 1 || v.Kinds == nil || !strings.Contains(v.Why, "collector webhooks remove wh_1") {
		t.Errorf("shown as %+v", v)
	}
}
