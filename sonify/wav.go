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
	const width = Channels * 2
	h := make([]byte, 0, 44)
	h = append(h, "RIFF"...)
	h = binary.LittleEndian.AppendUint32(h, uint32(36+size))
	h = append(h, "WAVEfmt "...)
	h = binary.LittleEndian.AppendUint32(h, 16)
	h = binary.LittleEndian.AppendUint16(h, 1) // PCM
	h = binary.LittleEndian.AppendUint16(h, Channels)
	h = binary.LittleEndian.AppendUint32(h, Rate)
	h = binary.LittleEndian.AppendUint32(h, Rate*width)
	h = binary.LittleEndian.AppendUint16(h, width)
	h = binary.LittleEndian.AppendUint16(h, 16)
	h = append(h, "data"...)
	h = binary.LittleEndian.AppendUint32(h, uint32(size))
	if _, err := w.Write(h); err != nil {
		return fmt.Errorf("writing the header of the sound: %w", err)
	}
	return nil
}
