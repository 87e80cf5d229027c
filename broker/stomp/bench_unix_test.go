//go:build unix

package stomp

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"collector/broker"
	brokermemory "collector/broker/memory"
	"collector/broker/stomp/frame"
	queuememory "collector/queue/memory"
)

// BenchmarkQueue sends messages through a queue over TCP: one producer without receipts,
// one consumer that acknowledges each with 100 in its hands. cpu-us/op is what this
// process used, the two clients included.
func BenchmarkQueue(b *testing.B) {
	for _, persistent := range []bool{false, true} {
		for _, size := range []int{100, 1000} {
			b.Run(fmt.Sprintf("persistent=%v/%dB", persistent, size), func(b *testing.B) { through(b, size, persistent) })
		}
	}
}

func through(b *testing.B, size int, persistent bool) {
	br := broker.New(queuememory.New(), brokermemory.New(), broker.Options{Owner: "bench"})
	defer func() { _ = br.Close(context.WithoutCancel(b.Context())) }() // it holds nothing that anybody wants
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = New(br, Options{}).Serve(b.Context(), ln) }()
	open := func() (net.Conn, *frame.Decoder) {
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		in := frame.NewDecoder(frame.Defaults())
		if _, err := io.WriteString(conn, "CONNECT\naccept-version:1.2\n\n\x00"); err != nil {
			b.Fatal(err)
		}
		for f := (*frame.Frame)(nil); f == nil; {
			if _, err := in.Fill(conn); err != nil {
				b.Fatal(err)
			}
			if f, err = in.Next(); err != nil {
				b.Fatal(err)
			}
		}
		in.Speak(frame.V12, frame.Defaults())
		return conn, in
	}
	consumer, in := open()
	defer consumer.Close()
	producer, _ := open()
	defer producer.Close()
	if _, err := io.WriteString(consumer, "SUBSCRIBE\nid:1\ndestination:/queue/bench\nack:client-individual\nprefetch-count:100\n\n\x00"); err != nil {
		b.Fatal(err)
	}
	one := []byte(fmt.Sprintf("SEND\ndestination:/queue/bench\npersistent:%v\ncontent-length:%d\n\n%s\x00", persistent, size, strings.Repeat("x", size)))
	b.ResetTimer()
	before := cpu()
	go func() {
		var batch []byte
		for i := range b.N {
			if batch = append(batch, one...); len(batch) > 32<<10 || i == b.N-1 {
				if _, err := producer.Write(batch); err != nil {
					return
				}
				batch = batch[:0]
			}
		}
	}()
	for n := 0; n < b.N; {
		if _, err := in.Fill(consumer); err != nil {
			b.Fatal(err)
		}
		var acks []byte
		for {
			f, err := in.Next()
			if err != nil {
				b.Fatal(err)
			}
			if f == nil {
				break
			}
			n++
			acks = append(acks, "ACK\nid:"+f.Value("ack")+"\n\n\x00"...)
		}
		if _, err := consumer.Write(acks); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-us/op")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}

// cpu is the processor time of this process.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
