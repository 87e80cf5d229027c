package site

import (
	"context"
	"strings"
	"time"

	"collector/control"
	plain "collector/control/words"
	"collector/grant"
	"collector/web/page"
	"collector/web/page/words"
)

// testWithin is how long a test message may take to all addresses, so that a browser still
// gets its answer.
const testWithin = 45 * time.Second

// telling sends a test message to the operator's addresses.
func (s *site) telling() []route {
	return []route{{"POST /settings/notify", grant.Admin, (*visit).testNotify}}
}

// tells says whether whoever asks sees who is told: the operator, but of the demo, which
// tells nobody.
func (v *visit) tells() bool { return v.operates() && v.Notified != nil && !v.Panel.Simulated }

// whoIsTold fills in the addresses, also those beside a file of addresses that cannot be
// read now.
func (v *visit) whoIsTold(p *page.Settings) (err error) {
	p.Notified, err = v.Notified()
	return err
}

func (v *visit) testNotify() error {
	if !v.tells() {
		return mayNot(grant.Admin)
	}
	ctx, cancel := context.WithTimeout(v.ctx(), testWithin)
	defer cancel()
	told, err := v.TestNotify(ctx)
	if err != nil {
		return err
	}
	return v.leadOn("/settings", outcomeOf(told))
}

// outcomeOf is what became of a test message, what failed first.
func outcomeOf(told []control.Told) page.Note {
	var sent, failed []string
	for _, t := range told {
		if t.Sent {
			sent = append(sent, plain.Line(t.To))
			continue
		}
		failed = append(failed, plain.Line(t.To)+" got no message: "+plain.Line(t.Reason)+" (up to "+plain.Line(t.Whose)+"). What to do: "+plain.Line(t.Next)+".")
	}
	if len(sent) > 0 {
		failed = append(failed, "A test message was sent to "+words.List(sent)+".")
	}
	note := done(strings.Join(failed, " "))
	if len(sent) < len(told) {
		note.Tone, note.Icon = page.Bad, "alert"
	}
	if len(told) == 0 {
		note = page.Note{Tone: page.Bad, Icon: "bell", What: words.Plain("No message was sent, because no address is named. COLLECTOR_NOTIFY names them.")}
	}
	return note
}
