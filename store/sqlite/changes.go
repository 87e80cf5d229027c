package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"collector/state"
	"collector/store"
)

// metaPruned names the newest entry that was dropped from the change log.
const metaPruned = "changesPruned"

// nextSeq is the number of the next entry of the change log.
func (t *tx) nextSeq() (int64, error) {
	if t.lastSeq < 0 {
		err := t.row("SELECT seq FROM sqlite_sequence WHERE name = 'changes'", nil, &t.lastSeq)
		if errors.Is(err, sql.ErrNoRows) {
			t.lastSeq, err = 0, nil
		}
		if err != nil {
			return 0, fmt.Errorf("numbering changes: %w", err)
		}
	}
	return t.lastSeq + 1, nil
}

// logPage writes the one entry of a page, if it changed anything. A page that is
// in the log already (it was committed again, and the list had moved meanwhile)
// gets a number behind its id, so that no change is lost.
func (t *tx) logPage(p place, page, kind string, when time.Time, e effect) error {
	if len(e.added)+len(e.changed)+len(e.removed) == 0 {
		return nil
	}
	seq, err := t.nextSeq()
	if err != nil {
		return err
	}
	name := page
	for again := 2; ; again++ {
		n, err := t.affect("INSERT INTO changes (seq, at, user_num, net, page, kind, added, changed, removed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (page) DO NOTHING",
			seq, when.UnixMilli(), p.user, p.net, name, kind, packed(e.added), packed(e.changed), packed(e.removed))
		if err != nil {
			return fmt.Errorf("writing the change log: %w", err)
		}
		if n > 0 {
			t.lastSeq = seq
			return nil
		}
		name = page + "~" + strconv.Itoa(again)
	}
}

// packed writes row numbers as differences, since those of a page are neighbours.
func packed(nums []int64) []byte {
	if len(nums) == 0 {
		return nil
	}
	var out []byte
	var last int64
	for _, n := range nums {
		out = binary.AppendVarint(out, n-last)
		last = n
	}
	return out
}

// numbers is how many are packed: each ends with the one byte of it that is below 128.
func numbers(b []byte) (n int) {
	for _, c := range b {
		if c < 128 {
			n++
		}
	}
	return n
}

func unpacked(b []byte) []int64 {
	var out []int64
	var last int64
	for len(b) > 0 {
		d, n := binary.Varint(b)
		if n <= 0 {
			return out
		}
		last += d
		out, b = append(out, last), b[n:]
	}
	return out
}

// Changes reads the log; see store.Items.
func (s *Store) Changes(ctx context.Context, user string, since int64, n int) ([]store.Change, error) {
	var out []store.Change
	var lists [][3][]int64
	err := s.readLog(ctx, user, "c.seq > ?1 ORDER BY c.seq", since, n, func(c store.Change, nums [3][]byte) {
		out = append(out, c)
		lists = append(lists, [3][]int64{unpacked(nums[0]), unpacked(nums[1]), unpacked(nums[2])})
	})
	if err != nil {
		return nil, wrap("reading the change log", err)
	}
	if err := s.nameItems(ctx, out, lists); err != nil {
		return nil, wrap("reading the change log", err)
	}
	pruned, err := s.Meta(ctx, metaPruned) // last, so that what was dropped meanwhile is no gap
	if err != nil {
		return nil, err
	}
	if floor, _ := strconv.ParseInt(pruned, 10, 64); since < floor { // unset is 0
		return nil, fmt.Errorf("changes since %d: %w", since, store.ErrGone)
	}
	return out, nil
}

// NewestChanges counts what the newest changes tell of; see store.Items. No item is
// looked at.
func (s *Store) NewestChanges(ctx context.Context, user string, before int64, n int) ([]store.ChangeCount, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	var out []store.ChangeCount
	err := s.readLog(ctx, user, newestWhere, before, n, func(c store.Change, nums [3][]byte) {
		count := c.Count()
		count.Added, count.Changed, count.Removed = numbers(nums[0]), numbers(nums[1]), numbers(nums[2])
		out = append(out, count)
	})
	return out, wrap("reading the change log", err)
}

// newestWhere chooses changes for readLog from the newest one on.
const newestWhere = "c.seq < ?1 ORDER BY c.seq DESC"

// logQuery reads entries of the log: where names them by a number, ?1, and ends with their
// order; ?2 is how many, ?3 the user, if only one user's are wanted.
func logQuery(where string, one bool) string {
	whose := ""
	if one {
		whose = "c.user_num = (SELECT num FROM users WHERE name = ?3) AND "
	}
	return `SELECT c.seq, c.at, n.user, n.id, n.service, n.account, n.params, c.page, c.kind, c.added, c.changed, c.removed
 FROM changes c JOIN networks n ON n.num = c.net WHERE ` + whose + where + " LIMIT ?2"
}

// readLog calls each for entries of the log, without their items, of which it gives the
// packed numbers: added, changed and removed.
func (s *Store) readLog(ctx context.Context, user, where string, seq int64, n int, each func(store.Change, [3][]byte)) error {
	if n <= 0 {
		return nil // to SQLite, less than none is all
	}
	args := []any{seq, n}
	if user != "" {
		args = append(args, user)
	}
	return s.query(ctx, logQuery(where, user != ""), args, func(rows *sql.Rows) error {
		var c store.Change
		var n state.Network
		var when int64
		var params string
		var nums [3][]byte
		if err := rows.Scan(&c.Seq, &when, &c.User, &c.NetworkID, &n.Service, &n.Account, &params, &c.Page, &c.Kind, &nums[0], &nums[1], &nums[2]); err != nil {
			return err
		}
		name, err := nameOf(n.Service, n.Account, params)
		if err != nil {
			return err
		}
		c.At, c.Network = time.UnixMilli(when).UTC(), name
		each(c, nums)
		return nil
	})
}

// nameItems turns row numbers into the ids of items.
func (s *Store) nameItems(ctx context.Context, out []store.Change, lists [][3][]int64) error {
	var all []int64
	for _, l := range lists {
		for _, nums := range l {
			all = append(all, nums...)
		}
	}
	if len(all) == 0 {
		return nil
	}
	nums, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("naming the items of changes: %w", err)
	}
	ids := make(map[int64]string, len(all))
	err = s.query(ctx, namesQuery, []any{string(nums)}, func(rows *sql.Rows) error {
		var num int64
		var id string
		err := rows.Scan(&num, &id)
		ids[num] = id
		return err
	})
	if err != nil {
		return err
	}
	for i, l := range lists {
		for k, into := range []*[]string{&out[i].Added, &out[i].Changed, &out[i].Removed} {
			for _, num := range l[k] {
				if id, ok := ids[num]; ok {
					*into = append(*into, id)
				}
			}
		}
	}
	return nil
}

// namesQuery reads the ids of items by their row numbers, a JSON array: one statement however
// many they are.
const namesQuery = "SELECT i.id, i.item_id FROM json_each(?) j CROSS JOIN items i ON i.id = j.value"

// LastChange is the newest number of the log.
func (s *Store) LastChange(ctx context.Context) (int64, error) {
	var last int64
	err := s.read.QueryRowContext(ctx, "SELECT seq FROM sqlite_sequence WHERE name = 'changes'").Scan(&last)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return last, wrap("reading the change log", err)
}

// PruneChanges drops the beginning of the log up to the first entry that is not
// older than before, so that what is left has no holes.
func (s *Store) PruneChanges(ctx context.Context, before time.Time) (n int, err error) {
	err = s.write(ctx, func(t *tx) error {
		var upTo sql.NullInt64
		err := t.row(`SELECT max(seq) FROM changes WHERE seq < coalesce(
 (SELECT seq FROM changes WHERE at >= ?1 ORDER BY seq LIMIT 1), 9223372036854775807)`, []any{before.UnixMilli()}, &upTo)
		if err != nil || !upTo.Valid {
			return err
		}
		if n, err = t.affect("DELETE FROM changes WHERE seq <= ?", upTo.Int64); err != nil {
			return err
		}
		return t.setMeta(metaPruned, strconv.FormatInt(upTo.Int64, 10))
	})
	return n, wrap("pruning the change log", err)
}
