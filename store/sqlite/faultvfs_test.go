//go:build unix

package sqlite

import (
	"strings"
	"sync"
	"testing"
	"unsafe"

	"modernc.org/libc"
	codes "modernc.org/sqlite/lib"
)

// faults is SQLite's own access to the disk with a fault in it: the nth
// operation that reaches the files of a folder fails, once or until healed.
//
// It is a VFS that differs from the default one in its xOpen alone. What that
// opens keeps the real file, with a table of methods in which those that can be
// refused are ours; they count, and pass on to the real ones. So locking, shared
// memory and everything that is not broken on purpose is the real thing.
type faults struct {
	folder string

	mu    sync.Mutex
	count int // operations since arm
	at    int // the number that fails; 0: none
	way
	struck []string

	tls     *libc.TLS
	vfs     uintptr // ours
	real    uintptr // the default one
	open    func(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32
	methods map[uintptr]uintptr // table of the real file -> ours
	kept    []any               // functions that only SQLite refers to
}

// way is how the disk fails.
type way struct {
	forever bool // not the one operation alone: all that write, from it on until healed
	full    bool // what fails says that the disk is full, not that it is broken
	rare    bool // reads and writes are not counted: they are nearly all there is
}

// newFaults makes faults the default VFS until the end of the test. Files
// outside of the folder are not touched.
func newFaults(t *testing.T, folder string) *faults {
	t.Helper()
	f := &faults{folder: folder, tls: libc.NewTLS(), methods: map[uintptr]uintptr{}}
	f.real = codes.Xsqlite3_vfs_find(f.tls, 0)
	if f.real == 0 {
		t.Fatal("SQLite has no default VFS")
	}
	name, err := libc.CString("faults of " + folder)
	if err != nil {
		t.Fatal(err)
	}
	v := *memory[codes.Tsqlite3_vfs](f.real)
	f.open = function[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](v.FxOpen)
	v.FzName, v.FpNext, v.FxOpen = name, 0, keep(f, f.xOpen)
	f.vfs = libc.Xcalloc(f.tls, 1, libc.Tsize_t(unsafe.Sizeof(v)))
	*memory[codes.Tsqlite3_vfs](f.vfs) = v
	if rc := codes.Xsqlite3_vfs_register(f.tls, f.vfs, 1); rc != codes.SQLITE_OK {
		t.Fatalf("registering the VFS: %d", rc)
	}
	t.Cleanup(func() { // files that are still open keep our tables, which are never freed
		codes.Xsqlite3_vfs_unregister(f.tls, f.vfs)
		codes.Xsqlite3_vfs_register(f.tls, f.real, 1)
	})
	return f
}

// arm lets the nth operation from now on fail.
func (f *faults) arm(nth int, way way) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count, f.at, f.way, f.struck = 0, nth, way, nil
}

// heal ends what arm began and returns which operations failed.
func (f *faults) heal() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = 0
	return f.struck
}

func (f *faults) hit() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.struck) > 0
}

// fails counts an operation and returns the code with which it fails, or 0.
func (f *faults) fails(what string, code int32) int32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if common := what == "read" || what == "write"; !common || !f.rare || len(f.struck) > 0 {
		f.count++
	} else {
		return codes.SQLITE_OK
	}
	reads := what == "read" || what == "open" // a disk that takes nothing more can still be read
	if f.at == 0 || f.count < f.at || f.forever && reads || !f.forever && f.count > f.at {
		return codes.SQLITE_OK
	}
	f.struck = append(f.struck, what)
	if f.full && (what == "write" || what == "shared memory") {
		return codes.SQLITE_FULL
	}
	return code
}

func (f *faults) xOpen(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32 {
	ours := name != 0 && strings.HasPrefix(libc.GoString(name), f.folder)
	if ours {
		if code := f.fails("open", codes.SQLITE_CANTOPEN); code != codes.SQLITE_OK {
			*memory[uintptr](file) = 0 // no methods: nothing to close
			return code
		}
	}
	rc := f.open(tls, vfs, name, file, flags, out)
	if methods := memory[uintptr](file); ours && rc == codes.SQLITE_OK && *methods != 0 {
		*methods = f.table(*methods)
	}
	return rc
}

// table is a table of methods like the real one, with ours in it.
func (f *faults) table(real uintptr) uintptr {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ours := f.methods[real]; ours != 0 {
		return ours
	}
	m := *memory[codes.Tsqlite3_io_methods](real)
	m.FxWrite = wrap4(f, m.FxWrite, "write", codes.SQLITE_IOERR_WRITE)
	m.FxRead = wrap4(f, m.FxRead, "read", codes.SQLITE_IOERR_READ)
	sync := function[func(*libc.TLS, uintptr, int32) int32](m.FxSync)
	m.FxSync = keep(f, func(tls *libc.TLS, file uintptr, flags int32) int32 {
		if code := f.fails("sync", codes.SQLITE_IOERR_FSYNC); code != codes.SQLITE_OK {
			return code
		}
		return sync(tls, file, flags)
	})
	truncate := function[func(*libc.TLS, uintptr, int64) int32](m.FxTruncate)
	m.FxTruncate = keep(f, func(tls *libc.TLS, file uintptr, size int64) int32 {
		if code := f.fails("truncate", codes.SQLITE_IOERR_TRUNCATE); code != codes.SQLITE_OK {
			return code
		}
		return truncate(tls, file, size)
	})
	shared := function[func(*libc.TLS, uintptr, int32, int32, int32, uintptr) int32](m.FxShmMap)
	m.FxShmMap = keep(f, func(tls *libc.TLS, file uintptr, page, size, extend int32, out uintptr) int32 {
		if code := f.fails("shared memory", codes.SQLITE_IOERR_SHMSIZE); code != codes.SQLITE_OK {
			*memory[uintptr](out) = 0
			return code
		}
		return shared(tls, file, page, size, extend, out)
	})
	ours := libc.Xcalloc(f.tls, 1, libc.Tsize_t(unsafe.Sizeof(m)))
	*memory[codes.Tsqlite3_io_methods](ours) = m
	f.methods[real] = ours
	return ours
}

// wrap4 puts a fault before a read or a write.
func wrap4(f *faults, real uintptr, what string, code int32) uintptr {
	do := function[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](real)
	return keep(f, func(tls *libc.TLS, file, buffer uintptr, amount int32, offset int64) int32 {
		if code := f.fails(what, code); code != codes.SQLITE_OK {
			return code
		}
		return do(tls, file, buffer, amount, offset)
	})
}

// memory is what lies at an address of SQLite's memory, which Go does not manage.
func memory[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// function is the Go function at an address, as the translated SQLite holds it.
func function[F any](address uintptr) F { return *(*F)(unsafe.Pointer(&address)) }

// keep is the address of a function, which lives as long as f does.
func keep[F any](f *faults, fn F) uintptr {
	f.kept = append(f.kept, fn)
	return *(*uintptr)(unsafe.Pointer(&fn))
}
