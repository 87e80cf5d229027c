package imports

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// table reads a CSV file by the names of its columns.
type table struct {
	name    string
	feed    *rationed
	csv     *csv.Reader
	columns map[string]int
	close   func() error
}

// record is one row.
type record struct {
	cells   []string
	columns map[string]int
	where   string
}

// cell is what stands in a column, "" where there is none.
func (r record) cell(column string) string {
	if i, ok := r.columns[column]; ok && i < len(r.cells) {
		return r.cells[i]
	}
	return ""
}

// columnsOf are the places of columns by their names in lower case.
func columnsOf(header []string) map[string]int {
	out := map[string]int{}
	for i, name := range header {
		out[strings.ToLower(strings.TrimSpace(name))] = i
	}
	return out
}

// newCSV is a reader of rows of any width.
func newCSV(r io.Reader) *csv.Reader {
	c := csv.NewReader(r)
	c.FieldsPerRecord = -1
	return c
}

// header reads the names of the columns at the head of a part, nil if it has none.
func (p Part) header() map[string]int {
	first, err := newCSV(strings.NewReader(p.head())).Read()
	if err != nil {
		return nil
	}
	return columnsOf(first)
}

// hasColumns tells whether a part is a table with these columns.
func (p Part) hasColumns(names ...string) bool {
	columns := p.header()
	for _, name := range names {
		if _, ok := columns[name]; !ok {
			return false
		}
	}
	return true
}

// rows calls fn for each row below the header. Of what is no CSV it tells fn too.
func (p Part) rows(list List, fn func(record) error, bad func(Entry) error) error {
	t, err := p.table()
	if err != nil {
		return bad(failed(list, p.Name, "%w", err))
	}
	defer t.close() // it was only read
	for {
		r, err := t.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && r.where == "":
			return bad(failed(list, t.name, "from here on it cannot be read: %w", err))
		case err != nil:
			err = bad(failed(list, r.where, "this is no row of a table: %w", err))
		default:
			err = fn(r)
		}
		if err != nil {
			return err
		}
	}
}

// table opens a part with a header.
func (p Part) table() (*table, error) {
	in, err := p.Open()
	if err != nil {
		return nil, err
	}
	feed := &rationed{r: text(in, ""), most: longest}
	t := &table{name: p.Base(), feed: feed, csv: newCSV(feed), close: in.Close}
	header, err := t.csv.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(fmt.Errorf("reading the names of the columns: %w", err), in.Close())
	}
	t.columns = columnsOf(header)
	return t, nil
}

// next reads a row. An error with a place concerns this row alone.
func (t *table) next() (record, error) {
	t.feed.next()
	cells, err := t.csv.Read()
	var row *csv.ParseError
	if errors.As(err, &row) {
		return record{where: fmt.Sprintf("%s, line %d", t.name, row.StartLine)}, row.Err
	}
	if err != nil {
		return record{}, err
	}
	line, _ := t.csv.FieldPos(0)
	return record{cells: cells, columns: t.columns, where: fmt.Sprintf("%s, line %d", t.name, line)}, nil
}
