package inflate_test

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/rehydrate/rehydrate/internal/inflate"
)

// texts are what there is to compress: little, much, the same over and over, log
// lines, noise, and matches of every length and distance.
func texts() map[string][]byte {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same each time
	noise := make([]byte, 200<<10)
	for i := range noise {
		noise[i] = byte(random.Uint32()) //nolint:gosec // a byte of it
	}
	var lines, matches, skewed bytes.Buffer
	for i := range 4000 {
		fmt.Fprintf(&lines, "{\"id\":\"%056d\",\"timestamp\":%d,\"message\":\"GET /v1/users/%d/items %d ms\"}", random.Uint64(), 1544414264183+i, random.IntN(9999), random.IntN(99))
	}
	for matches.Len() < 300<<10 {
		n, b := 1+random.IntN(300), matches.Bytes()
		if len(b) < n || random.IntN(4) == 0 {
			matches.Write(noise[n : n+n/8+1])
			continue
		}
		from := max(0, len(b)-1-random.IntN(40<<10))
		for i := range n { // as a match may, it goes on into itself
			matches.WriteByte(matches.Bytes()[from+i%max(1, len(b)-from)])
		}
	}
	for i := range 250 { // the codes of rare bytes are as long as they can be
		skewed.Write(bytes.Repeat([]byte{byte(i)}, 1<<min(15, i/12)))
	}
	random.Shuffle(skewed.Len(), func(i, j int) {
		b := skewed.Bytes()
		b[i], b[j] = b[j], b[i]
	})
	return map[string][]byte{
		"nothing": nil, "a byte": []byte("x"), "a word": []byte("hello, hello, hello"),
		"one byte over and over": bytes.Repeat([]byte("a"), 300<<10), "two bytes": bytes.Repeat([]byte("ab"), 100<<10),
		"noise": noise, "lines": lines.Bytes(), "matches": matches.Bytes(), "skewed": skewed.Bytes(),
	}
}

func compress(tb testing.TB, text []byte, level int) []byte {
	tb.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := w.Write(text); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// TestReadsWhatCompressorsWrite reads each text at each level, in pieces of any
// size, with one reader for all, and leaves what follows the member.
func TestReadsWhatCompressorsWrite(t *testing.T) {
	const behind = "\n\x1f\x8b what follows"
	r := inflate.NewReader(bufio.NewReader(strings.NewReader("")))
	for name, text := range texts() {
		for _, level := range []int{gzip.HuffmanOnly, gzip.NoCompression, gzip.BestSpeed, gzip.DefaultCompression, gzip.BestCompression} {
			member := append(compress(t, text, level), behind...)
			for how, from := range map[string]io.Reader{
				"whole": bytes.NewReader(member), "half": iotest.HalfReader(bytes.NewReader(member)),
				"with its end": iotest.DataErrReader(bytes.NewReader(member)), "by bytes": iotest.OneByteReader(bytes.NewReader(member)),
			} {
				in := bufio.NewReaderSize(from, 1<<10)
				r.Reset(in)
				got, err := io.ReadAll(iotest.HalfReader(r))
				if err != nil || !bytes.Equal(got, text) {
					t.Errorf("%s, level %d, read %s: %d bytes and %v, want %d", name, level, how, len(got), err, len(text))
				}
				if rest, err := io.ReadAll(in); err != nil || string(rest) != behind {
					t.Errorf("%s, level %d, read %s: leaves %q, %v", name, level, how, rest, err)
				}
				if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF { //nolint:errorlint // as it promises
					t.Errorf("%s: the end is no end: %d, %v", name, n, err)
				}
			}
		}
	}
}

// TestCutAnywhere: of a member that is cut off it gives what the reader of the
// standard library gives, and says so. That one looks at as many bits at once as the
// end of a block takes, so that its last literals may be missing.
func TestCutAnywhere(t *testing.T) {
	all := texts()
	for _, text := range [][]byte{all["a word"], all["lines"][:3000], all["skewed"][:5000], all["noise"][:300]} {
		for _, level := range []int{gzip.HuffmanOnly, gzip.NoCompression, gzip.DefaultCompression} {
			member := compress(t, text, level)
			for n := range member {
				want := []byte{}
				if slow, err := gzip.NewReader(bytes.NewReader(member[:n])); err == nil {
					want, _ = io.ReadAll(slow)
				}
				got, err := io.ReadAll(inflate.NewReader(bufio.NewReader(bytes.NewReader(member[:n]))))
				if !errors.Is(err, io.ErrUnexpectedEOF) || !bytes.HasPrefix(got, want) || !bytes.HasPrefix(text, got) || len(got) > len(want)+15+258 {
					t.Fatalf("level %d, %d of %d bytes: %d bytes and %v, want %d", level, n, len(member), len(got), err, len(want))
				}
			}
		}
	}
}

// TestKeepsTheReadersError: an error of the input is no end of the member.
func TestKeepsTheReadersError(t *testing.T) {
	broken := errors.New("connection reset")
	member := compress(t, texts()["lines"], gzip.DefaultCompression)
	for _, n := range []int{0, 5, 12, 2000, len(member) - 3} {
		in := io.MultiReader(bytes.NewReader(member[:n]), iotest.ErrReader(broken))
		if _, err := io.ReadAll(inflate.NewReader(bufio.NewReader(in))); !errors.Is(err, broken) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}

func TestHeaders(t *testing.T) {
	const text = "hello"
	plain := compress(t, []byte(text), gzip.DefaultCompression)
	with := func(flags byte, fields string) []byte {
		b := append(bytes.Clone(plain[:10]), fields...)
		b[3] = flags
		return append(b, plain[10:]...)
	}
	checksum := func(b []byte, n int) []byte {
		sum := binary.LittleEndian.AppendUint16(nil, uint16(crc32.ChecksumIEEE(b[:n]))) //nolint:gosec // its lower half
		return append(append(bytes.Clone(b[:n]), sum...), b[n:]...)
	}
	wrong := checksum(with(2, ""), 10)
	wrong[10]++
	for _, c := range []struct {
		name   string
		member []byte
		err    error
	}{
		{"none of the fields", with(0, ""), nil},
		{"text", with(1, ""), nil},
		{"extra", with(4, "\x03\x00abc"), nil},
		{"a name", with(8, "file.log\x00"), nil},
		{"a long name", with(8, strings.Repeat("x", 5000)+"\x00"), nil},
		{"a comment", with(16, "by hand\x00"), nil},
		{"all", checksum(with(0x1f, "\x01\x00zn\x00c\x00"), 17), nil},
		{"a checksum", checksum(with(2, ""), 10), nil},
		{"a wrong checksum", wrong, inflate.ErrHeader},
		{"another method", append([]byte("\x1f\x8b\x07"), plain[3:]...), inflate.ErrHeader},
		{"another magic", append([]byte("\x1f\x8c"), plain[2:]...), inflate.ErrHeader},
		{"no end of a name", with(8, "file.log")[:15], io.ErrUnexpectedEOF},
	} {
		got, err := io.ReadAll(inflate.NewReader(bufio.NewReader(bytes.NewReader(c.member))))
		if !errors.Is(err, c.err) || c.err == nil && string(got) != text {
			t.Errorf("%s: %q, %v, want %v", c.name, got, err, c.err)
		}
	}
}

// TestDamage: a changed bit anywhere behind the header is noticed at the end of the
// member, or before.
func TestDamage(t *testing.T) {
	text := texts()["lines"][:2000]
	member := compress(t, text, gzip.DefaultCompression)
	for i := 10; i < len(member); i++ {
		for bit := range 8 {
			b := bytes.Clone(member)
			b[i] ^= 1 << bit
			got, err := io.ReadAll(inflate.NewReader(bufio.NewReader(bytes.NewReader(b))))
			if err == nil && !bytes.Equal(got, text) {
				t.Fatalf("byte %d, bit %d: other text, and no error", i, bit)
			}
			if err == nil && i >= len(member)-8 {
				t.Fatalf("byte %d, bit %d: a wrong checksum or length, and no error", i, bit)
			}
		}
	}
	for _, i := range []int{len(member) - 8, len(member) - 1} {
		b := bytes.Clone(member)
		b[i]++
		if got, err := io.ReadAll(inflate.NewReader(bufio.NewReader(bytes.NewReader(b)))); !errors.Is(err, inflate.ErrChecksum) || !bytes.Equal(got, text) {
			t.Errorf("byte %d: %d bytes and %v", i, len(got), err)
		}
	}
}

// member wraps a DEFLATE stream.
func member(stream, text []byte) []byte {
	b := append([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), stream...)
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(text))
	return binary.LittleEndian.AppendUint32(b, uint32(len(text))) //nolint:gosec // as the format counts
}

// FuzzAsSlow: any bytes are what the standard library says that they are.
func FuzzAsSlow(f *testing.F) {
	for _, text := range texts() {
		for _, level := range []int{gzip.HuffmanOnly, gzip.NoCompression, gzip.DefaultCompression} {
			b := compress(f, text[:min(len(text), 4000)], level)
			f.Add(b[10 : len(b)-8])
		}
	}
	f.Add([]byte("\x03\x00"))                                     // an empty fixed block
	f.Add([]byte("\x05\xc0\x81\x00\x00\x00\x00\x00\x10\xff\x6b")) // a code of one symbol
	f.Fuzz(func(t *testing.T, stream []byte) {
		const most = 8 << 20
		from := bytes.NewReader(stream)
		want, slowErr := io.ReadAll(io.LimitReader(flate.NewReader(from), most))
		in := bufio.NewReader(bytes.NewReader(member(stream[:len(stream)-from.Len()], want)))
		r := inflate.NewReader(in)
		if slowErr != nil { // no trailer: it would be read as more of the stream
			in.Reset(bytes.NewReader(member(stream, nil)[:10+len(stream)]))
			r.Reset(in)
		}
		got, err := io.ReadAll(io.LimitReader(r, most))
		cutOff := errors.Is(slowErr, io.ErrUnexpectedEOF) // see TestCutAnywhere
		if !bytes.HasPrefix(got, want) || !cutOff && len(got) != len(want) || len(got) > len(want)+15+258 {
			t.Fatalf("%d bytes and %v, want %d and %v", len(got), err, len(want), slowErr)
		}
		var corrupt flate.CorruptInputError
		switch {
		case len(want) == most:
		case cutOff && errors.Is(err, inflate.ErrCorrupt):
		case slowErr == nil:
			if err != nil || in.Buffered() > 0 {
				t.Fatalf("%v, and %d bytes left", err, in.Buffered())
			}
		case errors.As(slowErr, &corrupt):
			if !errors.Is(err, inflate.ErrCorrupt) {
				t.Fatalf("%v, want %v", err, slowErr)
			}
		case !errors.Is(err, slowErr):
			t.Fatalf("%v, want %v", err, slowErr)
		}
	})
}
