package api

import (
	"context"
	"time"

	"collector/cluster"
	"collector/control"
	"collector/queue"
	"collector/store"
)

type workersAnswer struct {
	Body struct {
		Workers []control.Worker `json:"workers" nullable:"false"`
	}
}

func (s *service) workers(ctx context.Context, _ *struct{}) (*workersAnswer, error) {
	if err := operator(ctx, "what runs where is"); err != nil {
		return nil, err
	}
	out := &workersAnswer{}
	return out, s.Panel.Beside.Jobs(ctx, true, func(all []queue.Store) error {
		list, err := control.Workers(ctx, s.Panel.Store, all, s.Now())
		out.Body.Workers = append([]control.Worker{}, list...)
		return err
	})
}

// clusterPatience is how long one answer of the cluster is waited for.
const clusterPatience = 5 * time.Second

type clusterAnswer struct{ Body control.Cluster }

func (s *service) cluster(ctx context.Context, _ *struct{}) (*clusterAnswer, error) {
	if err := operator(ctx, "the cluster is"); err != nil {
		return nil, err
	}
	out := &clusterAnswer{}
	return out, s.onCluster(func(r cluster.Registry) (err error) {
		out.Body, err = control.ClusterOf(ctx, r, clusterPatience)
		return err
	})
}

// onCluster runs fn over the cluster that is configured.
func (s *service) onCluster(fn func(cluster.Registry) error) error {
	if s.Panel.Beside.Cluster == nil {
		return control.NoCluster()
	}
	r, err := s.Panel.Beside.Cluster()
	if err != nil {
		return &control.Problem{Kind: control.Temporary, Reason: "the cluster cannot be asked: " + err.Error(), Whose: "the cluster or the network", Next: "check --cluster", Err: err}
	}
	defer r.Close() // nothing is written after the answer
	return fn(r)
}

type drainWish struct {
	Body struct {
		Member string `json:"member" minLength:"1" maxLength:"500" doc:"the member that is to leave, as cluster lists it"`
	}
}

type drainAnswer struct{ Body control.Drained }

func (s *service) drain(ctx context.Context, in *drainWish) (*drainAnswer, error) {
	if err := operator(ctx, "the cluster is"); err != nil {
		return nil, err
	}
	id := in.Body.Member
	out := &drainAnswer{control.Drained{Member: id, Answers: id == s.Panel.Beside.Member}}
	return out, s.onCluster(func(r cluster.Registry) error { return control.Drain(ctx, r, id, clusterPatience) })
}

type askedInstance struct {
	Body struct {
		Instance string `json:"instance" minLength:"1" maxLength:"500" doc:"the instance, as status lists it"`
	}
}

type askAnswer struct{ Body control.Asked }

// askInstance wishes something of an instance.
func (s *service) askInstance(w store.Wish) func(context.Context, *askedInstance) (*askAnswer, error) {
	return func(ctx context.Context, in *askedInstance) (*askAnswer, error) {
		if err := operator(ctx, "what runs where is"); err != nil {
			return nil, err
		}
		asked, err := s.Panel.AskInstance(ctx, in.Body.Instance, w, s.Now())
		return &askAnswer{asked}, err
	}
}

type topAnswer struct{ Body control.Top }

func (s *service) top(ctx context.Context, _ *struct{}) (*topAnswer, error) {
	if err := operator(ctx, "what runs where is"); err != nil {
		return nil, err
	}
	v, err := s.Panel.Top(ctx, s.Now())
	return &topAnswer{v}, err
}
