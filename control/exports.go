package control

import (
	"context"
	"time"

	"collector/search"
)

// Export is what is to be exported. Jobs hold it as JSON.
type Export struct {
	Format  string `json:"format"`
	User    string `json:"user,omitempty"`
	Network string `json:"network,omitempty"` // its id in a job, its name in a question
	Query   string `json:"query,omitempty"`
	Removed bool   `json:"removed,omitempty"`
}

// AddedExport is the job of an export that a collector writes into a file.
type AddedExport struct {
	Job    string `json:"job" doc:"the id of the job: jobs/show says how it goes"`
	File   string `json:"file" doc:"the name of the file"`
	Folder string `json:"folder" doc:"where it is written; empty: into the export_folder of the collector that takes the job"`
	Works  bool   `json:"works" doc:"a collector runs; without one nothing is written"`
}

// AddExport has a collector that runs write an export into a file. The network is called by its name.
func (p *Panel) AddExport(ctx context.Context, e Export, now time.Time) (AddedExport, error) {
	if _, bad := search.Parse(e.Query, now); bad != nil { // half a query would be half an export
		return AddedExport{}, Misread(bad)
	}
	if e.Network != "" {
		n, err := Find(ctx, p.Store, e.User, e.Network)
		if err != nil {
			return AddedExport{}, err
		}
		e.Network = n.ID
	}
	if p.Simulated {
		return AddedExport{}, &Problem{Kind: Unavailable, Whose: "you", Reason: "the collector has simulated data of collector demo", Next: "ask another one; export without --background may read this one"}
	}
	if err := p.Here(ctx, e.User, now); err != nil {
		return AddedExport{}, err
	}
	out, err := p.Beside.Export(ctx, e)
	if err != nil {
		return out, err
	}
	out.Works, err = p.Works(ctx, now)
	return out, err
}
