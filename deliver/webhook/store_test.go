package webhook_test

import (
	"testing"

	"collector/deliver/webhook"
	"collector/deliver/webhook/webhooktest"
)

func TestMemory(t *testing.T) {
	webhooktest.Run(t, func(*testing.T) (one, other webhook.Store) {
		m := webhook.NewMemory()
		return m, m
	})
}
