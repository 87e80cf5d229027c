package sonify

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// WriteHeader writes the header of a WAV file (RIFF, PCM; Microsoft and IBM,
// "Multimedia Programming Interface and Data Specifications 1.0", 1991) of so many
// bytes of samples, as Size counts them. It is an error if a WAV file cannot hold them.
func WriteHeader(w io.Writer, size int64) error {
	if size < 0 || size > math.MaxUint32-36 {
		return fmt.Errorf("a WAV file cannot hold %d bytes of sound", size)
	}
	return header(w, Channels, uint32(36+size), uint32(size))
}

// WriteLiveHeader writes the header of a sound of one channel, as Mono makes it, that has
// no end. Both lengths are the largest that there are, which is what programs write that
// cannot go back to fill them in (FFmpeg, libavformat/wavenc.c); players take it for
// "until it stops".
func WriteLiveHeader(w io.Writer) error {
	return header(w, 1, math.MaxUint32, math.MaxUint32)
}

func header(w io.Writer, channels uint16, file, data uint32) error {
	width := 2 * channels
	h := make([]byte, 0, 44)
	h = append(h, "RIFF"...)
	h = binary.LittleEndian.AppendUint32(h, file)
	h = append(h, "WAVEfmt "...)
	h = binary.LittleEndian.AppendUint32(h, 16)
	h = binary.LittleEndian.AppendUint16(h, 1) // PCM
	h = binary.LittleEndian.AppendUint16(h, channels)
	h = binary.LittleEndian.AppendUint32(h, Rate)
	h = binary.LittleEndian.AppendUint32(h, Rate*uint32(width))
	h = binary.LittleEndian.AppendUint16(h, width)
	h = binary.LittleEndian.AppendUint16(h, 16)
	h = append(h, "data"...)
	h = binary.LittleEndian.AppendUint32(h, data)
	if _, err := w.Write(h); err != nil {
		return fmt.Errorf("writing the header of the sound: %w", err)
	}
	return nil
}

// Mono makes one channel of whole frames, the mean of both, in place, and returns them:
// half as many bytes. The mean is never louder than the louder of the two.
func Mono(frames []byte) []byte {
	n := len(frames) / (Channels * 2)
	for i := range n {
		f := frames[i*Channels*2:]
		left, right := int16(binary.LittleEndian.Uint16(f)), int16(binary.LittleEndian.Uint16(f[2:]))
		binary.LittleEndian.PutUint16(frames[i*2:], uint16(int16((int32(left)+int32(right))/2)))
	}
	return frames[:n*2]
}
