package brokertest

import (
	"testing"

	"collector/broker"
	"collector/queue"
)

// OpenStores opens empty stores for a broker.
type OpenStores func(t *testing.T) (queue.Store, broker.Log)

// Broker holds a broker over stores to what it promises to producers and consumers.
func Broker(t *testing.T, open OpenStores) {
	for _, p := range []struct {
		name string
		test func(*kit)
	}{
		{"SendIsStored", sendIsStored},
		{"OneConsumerGetsAMessage", oneConsumer},
		{"PriorityThenOrder", priorityThenOrder},
		{"WhatIsDeliveredIsWhatWasSent", whatIsDelivered},
		{"UnacknowledgedStays", unacknowledgedStays},
		{"AutoIsTakenByTheNextReceive", autoIsTaken},
		{"ClientAcknowledgesAllBefore", clientAck},
		{"IndividualAcknowledgesOne", individualAck},
		{"NackIsRedelivered", nackIsRedelivered},
		{"RejectedIsADeadLetter", rejected},
		{"AtLastADeadLetter", atLastDead},
		{"CloseGivesBack", closeGivesBack},
		{"PrefetchIsKept", prefetchIsKept},
		{"ALateAckChangesNothing", lateAck},
		{"FiltersShareAQueue", filtersShare},
		{"AnIDIsSentOnce", sentOnce},
		{"ATopicReachesAll", topicReachesAll},
		{"ATopicIsResumed", topicIsResumed},
		{"ATopicsFilter", topicsFilter},
		{"ATopicsPrefetch", topicsPrefetch},
		{"ACommitIsWhole", commitIsWhole},
		{"ACommitWithALostMessageIsNothing", commitLost},
		{"AFailedCommitLeavesTheOrder", commitLeavesTheOrder},
		{"PostedIsStoredByFlush", posted},
		{"BadMessagesAreRefused", badMessages},
		{"AClosedBrokerSaysSo", closedSaysSo},
	} {
		t.Run(p.name, func(t *testing.T) {
			k := &kit{T: t, ctx: t.Context(), owner: map[*broker.Broker]string{}}
			k.jobs, k.log = open(t)
			k.b = k.broker(broker.Options{})
			p.test(k)
		})
	}
}
