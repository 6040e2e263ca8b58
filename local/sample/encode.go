package sample

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zip"
	"github.com/klauspost/compress/zstd"
)

// appendRecord appends the record as CloudWatch Logs writes it.
func appendRecord(b []byte, r record) []byte {
	kind := "DATA_MESSAGE"
	if r.control {
		kind = "CONTROL_MESSAGE"
	}
	b = append(b, `{"messageType":"`+kind+`","owner":"`...)
	b = append(b, r.owner...)
	b = append(b, `","logGroup":`...)
	b = appendString(b, r.group, r.ascii)
	b = append(b, `,"logStream":`...)
	b = appendString(b, r.stream, r.ascii)
	b = append(b, `,"subscriptionFilters":[`...)
	b = appendString(b, r.filter, r.ascii)
	b = append(b, `],"logEvents":[`...)
	for i, e := range r.entries {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendEntry(b, e, r.ascii)
	}
	return append(b, "]}"...)
}

func appendEntry(b []byte, e entry, ascii bool) []byte {
	if e.json != "" {
		return append(b, e.json...)
	}
	b = append(b, `{"id":"`...)
	b = append(b, e.ID...)
	b = append(b, `","timestamp":`...)
	b = strconv.AppendInt(b, e.Time.UnixMilli(), 10)
	b = append(b, `,"message":`...)
	b = appendString(b, e.Message, ascii)
	return append(b, '}')
}

// appendString appends s as a JSON string, with no more escapes than JSON asks
// for, or all beyond ASCII escaped.
func appendString(b []byte, s string, ascii bool) []byte {
	const hex = "0123456789abcdef"
	escape := func(u uint16) {
		b = append(b, '\\', 'u', hex[u>>12], hex[u>>8&15], hex[u>>4&15], hex[u&15])
	}
	b = append(b, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', byte(c))
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\t':
			b = append(b, '\\', 't')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c < ' ':
			escape(uint16(c))
		case c < utf8.RuneSelf || !ascii:
			b = utf8.AppendRune(b, c)
		case c > 0xffff:
			high, low := utf16.EncodeRune(c)
			escape(uint16(high))
			escape(uint16(low))
		default:
			escape(uint16(c))
		}
	}
	return append(b, '"')
}

// appendWrapped appends the Firehose error record of a payload that Firehose
// could not process.
func appendWrapped(b, payload []byte, arrivalMs int64) []byte {
	return fmt.Appendf(b, `{"attemptsMade":4,"arrivalTimestamp":%d,"errorCode":"Lambda.FunctionError","errorMessage":"The Lambda function was successfully invoked but it returned an error result.","attemptEndingTimestamp":%d,"rawData":"%s","lambdaArn":"arn:aws:lambda:ap-northeast-1:%s:function:transform:$LATEST"}`+"\n",
		arrivalMs, arrivalMs+61_000, base64.StdEncoding.EncodeToString(payload), owner)
}

func indent(p []byte) []byte {
	var b bytes.Buffer
	if json.Indent(&b, p, "", "  ") != nil {
		return p // bytes that are not UTF-8 are fine; anything else is no record of ours
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// gzipper makes gzip members; its writer is reused.
type gzipper struct {
	gz  *gzip.Writer
	out bytes.Buffer
}

func newGzipper() (*gzipper, error) {
	gz, err := gzip.NewWriterLevel(nil, 6) // as CloudWatch Logs does
	return &gzipper{gz: gz}, err
}

// append appends one gzip member that holds p.
func (g *gzipper) append(b, p []byte) ([]byte, error) {
	g.out.Reset()
	g.gz.Reset(&g.out)
	err := writeAll(g.gz, p)
	return append(b, g.out.Bytes()...), err
}

func writeAll(w io.WriteCloser, p []byte) error {
	_, err := w.Write(p)
	return errors.Join(err, w.Close())
}

func packZip(name string, p []byte) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	f, err := w.Create(name)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(p)
	err = errors.Join(err, w.Close())
	return out.Bytes(), err
}

func packSnappy(p []byte) ([]byte, error) {
	var out bytes.Buffer
	err := writeAll(snappy.NewBufferedWriter(&out), p)
	return out.Bytes(), err
}

// hadoopBlock is the size of the buffer that Hadoop's SnappyCodec fills.
const hadoopBlock = 256 << 10

// packHadoop writes Hadoop's framing: blocks of the plain length, and in each
// the length and bytes of a raw Snappy block, both lengths big-endian.
func packHadoop(p []byte) []byte {
	var out []byte
	for len(p) > 0 {
		n := min(len(p), hadoopBlock)
		block := snappy.Encode(nil, p[:n])
		out = binary.BigEndian.AppendUint32(out, uint32(n))
		out = binary.BigEndian.AppendUint32(out, uint32(len(block)))
		out = append(out, block...)
		p = p[n:]
	}
	return out
}

func packZstd(p []byte) ([]byte, error) {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	out := w.EncodeAll(p, nil)
	return out, w.Close()
}
