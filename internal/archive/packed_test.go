package archive

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/run"
)

// What is unpacked is what was packed, whatever was packed before.
func TestPackedObjects(t *testing.T) {
	want := []run.Object{
		{Key: "logs/2018/a", Size: 0, ETag: `""`},
		{Key: "logs/", Size: 5 << 40, ETag: `"d41d8cd98f00b204e9800998ecf8427e-12"`, StorageClass: "DEEP_ARCHIVE", Restored: true},
		{Key: "logs/" + strings.Repeat("é", 500), Size: -1, StorageClass: "GLACIER"},
	}
	var scratch []byte
	first := pack("logs/", want, &scratch)
	pack("", []run.Object{{Key: strings.Repeat("x", 5000)}}, &scratch)
	var got []run.Object
	if err := first.each("logs/", func(o run.Object) error { got = append(got, o); return nil }); err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	enough := errors.New("enough")
	got = nil
	if err := first.each("logs/", func(o run.Object) error { got = append(got, o); return enough }); !errors.Is(err, enough) || len(got) != 1 {
		t.Errorf("%d objects, %v", len(got), err)
	}
	if err := pack("p", nil, &scratch).each("p", func(run.Object) error { return enough }); err != nil {
		t.Error(err)
	}
}
