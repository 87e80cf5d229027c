// Package etcd lets instances on several machines share a cluster's registry in
// etcd, 3.4 or later. Revisions, leases and guarded changes are etcd's own; see
// https://etcd.io/docs/v3.6/learning/api/.
package etcd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"collector/cluster"
)

// Options say where etcd is and how to sign in.
type Options struct {
	Endpoints []string // host:port
	Prefix    string   // of all keys; installations that share an etcd have different ones
	User      string   // "" where etcd asks for none
	Password  string
	TLS       bool
	CAFile    string // certificates that the server's is checked against; "" for the system's
	CertFile  string // this client's certificate and key; "" for none
	KeyFile   string
}

// Registry is a part of an etcd. The connection is made at the first call, and made
// again by the client whenever it breaks.
type Registry struct {
	options Options
	config  clientv3.Config
	prefix  string

	mu     sync.Mutex
	client *clientv3.Client
}

const (
	// keepAlive is how often a silent connection is tried, so that the watch notices
	// a server that vanished without a word. Servers refuse more than one in 5 s.
	keepAlive = 10 * time.Second
	// patience is how long an answer to that, and to signing in, may take.
	patience = 2 * time.Second
)

// Open reads the certificates; it does not connect.
func Open(o Options) (*Registry, error) {
	r := &Registry{options: o, prefix: strings.Trim(o.Prefix, "/") + "/"}
	r.config = clientv3.Config{
		Username: o.User, Password: o.Password, Logger: zap.NewNop(),
		DialTimeout: patience, DialKeepAliveTime: keepAlive, DialKeepAliveTimeout: patience,
	}
	scheme := "http://"
	if o.TLS {
		scheme = "https://"
		info := transport.TLSInfo{TrustedCAFile: o.CAFile, CertFile: o.CertFile, KeyFile: o.KeyFile}
		conf, err := info.ClientConfig()
		if err != nil {
			return nil, fmt.Errorf("reading the certificates for etcd: %w", err)
		}
		r.config.TLS = conf
	}
	for _, e := range o.Endpoints {
		r.config.Endpoints = append(r.config.Endpoints, scheme+e)
	}
	return r, nil
}

// Describe says where it is.
func (r *Registry) Describe() string {
	return "etcd at " + strings.Join(r.options.Endpoints, ", ") + ", keys under " + r.prefix
}

// connected returns the client. It is made late, since with a user it signs in.
func (r *Registry) connected() (*clientv3.Client, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.client != nil {
		return r.client, nil
	}
	c, err := clientv3.New(r.config)
	if err != nil {
		return nil, fmt.Errorf("connecting to etcd: %w", plain(err))
	}
	r.client = c
	return c, nil
}

// plain gives errors of etcd the cluster's names and words.
func plain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, rpctypes.ErrLeaseNotFound):
		return cluster.ErrLeaseGone
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("etcd does not answer: %w", err)
	}
	return err
}

// Close ends the connection.
func (r *Registry) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.client == nil {
		return nil
	}
	return r.client.Close()
}

// Grant makes a lease of whole seconds, at least as long as was asked for.
func (r *Registry) Grant(ctx context.Context, ttl time.Duration) (cluster.LeaseID, time.Duration, error) {
	c, err := r.connected()
	if err != nil {
		return 0, 0, err
	}
	got, err := c.Grant(ctx, int64((ttl+time.Second-1)/time.Second))
	if err != nil {
		return 0, 0, plain(err)
	}
	return cluster.LeaseID(got.ID), time.Duration(got.TTL) * time.Second, nil
}

// Renew gives a lease its whole length again.
func (r *Registry) Renew(ctx context.Context, l cluster.LeaseID) error {
	c, err := r.connected()
	if err != nil {
		return err
	}
	return again(ctx, func() error { return renew(ctx, c, l) })
}

func renew(ctx context.Context, c *clientv3.Client, l cluster.LeaseID) error {
	ctx, cancel := context.WithCancel(ctx) // ends the stream
	defer cancel()
	stream, err := etcdserverpb.NewLeaseClient(c.ActiveConnection()).LeaseKeepAlive(ctx)
	if err == nil {
		err = stream.Send(&etcdserverpb.LeaseKeepAliveRequest{ID: int64(l)})
	}
	if err != nil {
		return clientv3.ContextError(ctx, err)
	}
	got, err := stream.Recv()
	if err == nil && got.TTL <= 0 {
		return cluster.ErrLeaseGone
	}
	return clientv3.ContextError(ctx, err)
}

// pause is between two calls while nobody answers.
const pause = 100 * time.Millisecond

// again makes a call until a server has answered or ctx ends. The client's own
// KeepAliveOnce makes it without a pause, which costs a processor while etcd is down.
func again(ctx context.Context, call func() error) error {
	for {
		err := call()
		if answered := (rpctypes.EtcdError{}); err == nil || errors.Is(err, cluster.ErrLeaseGone) || errors.As(err, &answered) {
			return plain(err)
		}
		wait := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			wait.Stop()
			return fmt.Errorf("etcd does not answer: %w: %w", context.Cause(ctx), err)
		case <-wait.C:
		}
	}
}

// Revoke ends a lease.
func (r *Registry) Revoke(ctx context.Context, l cluster.LeaseID) error {
	c, err := r.connected()
	if err != nil {
		return err
	}
	_, err = c.Revoke(ctx, clientv3.LeaseID(l))
	if errors.Is(err, rpctypes.ErrLeaseNotFound) {
		return nil
	}
	return plain(err)
}

// Commit is one transaction of etcd.
func (r *Registry) Commit(ctx context.Context, t cluster.Txn) (bool, error) {
	c, err := r.connected()
	if err != nil {
		return false, err
	}
	var guards []clientv3.Cmp
	for _, g := range t.If {
		target := clientv3.CreateRevision(r.prefix + g.Key)
		if g.Written {
			target = clientv3.ModRevision(r.prefix + g.Key)
		}
		guards = append(guards, clientv3.Compare(target, "=", g.Revision))
	}
	var ops []clientv3.Op
	for _, op := range t.Then {
		if op.Delete {
			ops = append(ops, clientv3.OpDelete(r.prefix+op.Key))
			continue
		}
		ops = append(ops, clientv3.OpPut(r.prefix+op.Key, string(op.Value), clientv3.WithLease(clientv3.LeaseID(op.Lease))))
	}
	done, err := c.Txn(ctx).If(guards...).Then(ops...).Commit()
	if err != nil {
		return false, plain(err)
	}
	return done.Succeeded, nil
}

// List reads all keys under the prefix.
func (r *Registry) List(ctx context.Context) ([]cluster.Entry, int64, error) {
	c, err := r.connected()
	if err != nil {
		return nil, 0, err
	}
	got, err := c.Get(ctx, r.prefix, clientv3.WithPrefix())
	if err != nil {
		return nil, 0, plain(err)
	}
	var out []cluster.Entry
	for _, kv := range got.Kvs {
		out = append(out, cluster.Entry{
			Key: strings.TrimPrefix(string(kv.Key), r.prefix), Value: kv.Value,
			Created: kv.CreateRevision, Modified: kv.ModRevision, Lease: cluster.LeaseID(kv.Lease),
		})
	}
	return out, got.Header.Revision, nil
}

// errEnded says that a watch ended and etcd did not say why.
var errEnded = errors.New("etcd ended the watch")

// Watch follows the keys under the prefix. A server without a quorum ends it, so
// that another server is asked.
func (r *Registry) Watch(ctx context.Context, after int64, fn func([]cluster.Change)) error {
	c, err := r.connected()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer cancel()
	for got := range c.Watch(ctx, r.prefix, clientv3.WithPrefix(), clientv3.WithRev(after+1)) {
		if err := got.Err(); err != nil {
			return plain(err)
		}
		var changes []cluster.Change
		for _, e := range got.Events {
			c := cluster.Change{Deleted: e.Type == clientv3.EventTypeDelete}
			c.Key, c.Modified = strings.TrimPrefix(string(e.Kv.Key), r.prefix), e.Kv.ModRevision
			if !c.Deleted {
				c.Value, c.Created, c.Lease = e.Kv.Value, e.Kv.CreateRevision, cluster.LeaseID(e.Kv.Lease)
			}
			changes = append(changes, c)
		}
		if len(changes) > 0 {
			fn(changes)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errEnded
}
