package sqlite

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// writeLock is the byte of the -shm file that SQLite locks while it writes
// (section 2.3 of https://www.sqlite.org/walformat.html).
const writeLock = 120

// holder says which process holds the write lock of a store's file, and whether it
// is stopped; "" where that cannot be known. The system is asked for its list of
// locks, since opening and closing the file would give back our own.
func holder(path string) string {
	info, err := os.Stat(path + "-shm")
	if err != nil {
		return ""
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		return ""
	}
	// 1: POSIX  ADVISORY  WRITE 4711 fe:00:10011086 120 120
	for line := range bytes.Lines(locks) {
		f := strings.Fields(string(line))
		if len(f) != 8 || f[1] != "POSIX" || f[3] != "WRITE" || !strings.HasSuffix(f[5], ":"+strconv.FormatUint(stat.Ino, 10)) {
			continue
		}
		first, err1 := strconv.ParseInt(f[6], 10, 64)
		last, err2 := strconv.ParseInt(f[7], 10, 64)
		if err1 == nil && err2 == nil && first <= writeLock && writeLock <= last {
			return process(f[4])
		}
	}
	return ""
}

// process describes the process with this number, as proc(5) tells of it.
func process(pid string) string {
	stat, err := os.ReadFile("/proc/" + pid + "/stat") // 4711 (name) T …
	name := bytes.IndexByte(stat, '(')
	end := bytes.LastIndexByte(stat, ')')
	if err != nil || name < 0 || end < name || end+2 >= len(stat) {
		return "process " + pid + " holds the file; end it"
	}
	who := fmt.Sprintf("process %s (%s)", pid, stat[name+1:end])
	if state := stat[end+2]; state == 'T' || state == 't' {
		return who + " holds the file and is stopped; let it go on (kill -CONT " + pid + ") or end it"
	}
	return who + " holds the file; wait for it or end it"
}
