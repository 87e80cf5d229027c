package site

import (
	"collector/control"
	"collector/grant"
	"collector/state"
	"collector/store"
	"collector/web/page"
	"collector/web/page/words"
)

// frame is what stands around a page. Its Path is that of the page, with what is asked for.
func (v *visit) frame(window string, here page.Section) (page.Frame, error) {
	n, err := v.count()
	if err != nil {
		return page.Frame{}, err
	}
	return v.around(window, here, n), nil
}

// around is a frame where the counters are known.
func (v *visit) around(window string, here page.Section, n counters) page.Frame {
	f := v.bare(window)
	f.Here, f.Stranger = here, false
	f.Version, f.NeedsYou, f.Notes = v.Version, n.needsYou, append(v.full(), v.told()...)
	if v.who.May(grant.Admin) {
		f.Store = v.Store
	}
	return f
}

// full says on every page that nothing is collected since the disk is nearly full. How full it is, and
// of what, is the operator's to know.
func (v *visit) full() []page.Note {
	if v.Panel.Room == nil {
		return nil
	}
	why := v.Panel.Room()
	if why == nil {
		return nil
	}
	n := page.Note{Tone: page.Wait, Icon: "clock", What: words.Plain("Nothing is collected now: the disk of the collector is nearly full."), Whose: "Whoever runs it has to make room: collecting goes on by itself then."}
	if v.operates() {
		n.What, n.Whose = words.Plain("Nothing is collected now: "+why.Error()+"."), "Make room on this machine: collecting goes on by itself then."
	}
	return []page.Note{n}
}

// bare is a frame that says nothing of the store: for strangers, and where the store does
// not answer.
func (v *visit) bare(window string) page.Frame {
	f := page.Frame{Now: v.now, Window: window, Theme: v.theme(), KeysOff: v.keysOff(), Operator: v.operates(), Path: page.Path(v.r.URL.RequestURI()), Stranger: true}
	if v.Panel.Simulated {
		banner := v.Simulated
		f.Simulated = &banner
	}
	return f
}

// counters are what the frame says of the data, of numbers that the store keeps: nothing
// is counted for them.
type counters struct {
	networks int  // whose collecting has not ended
	likes    int  // that are there
	needsYou int  // networks that wait for a person
	some     bool // there are more of all three: the user has more than anybody reads
}

// count reads the counters of whoever asks.
func (v *visit) count() (c counters, err error) {
	add := func(n state.Network, networks, likes int) {
		c.networks += networks
		c.likes += likes
		if control.NeedsYou(n) {
			c.needsYou += networks
		}
	}
	if v.whose() == "" {
		t, err := v.Panel.Store.Tally(v.ctx(), v.now)
		if err != nil {
			return c, err
		}
		for _, st := range t.States {
			add(state.Network{Paused: st.Paused, Progress: state.Progress{Mode: st.Mode, Condition: st.Condition}}, st.Networks, 0)
		}
		c.likes = t.Items
		return c, nil
	}
	own, more, err := v.own()
	for _, n := range own {
		add(n, 1, n.Items)
	}
	c.some = more
	return c, err
}

// own are the networks of who asks, at most control.StatusMost; more says that there are others.
func (v *visit) own() (list []state.Network, more bool, err error) {
	list, err = v.Panel.Store.Networks(v.ctx(), store.Filter{User: v.whose(), Limit: control.StatusMost + 1})
	if len(list) > control.StatusMost {
		return list[:control.StatusMost], true, err
	}
	return list, false, err
}
