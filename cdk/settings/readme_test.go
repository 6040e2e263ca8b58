package settings

import (
	goflag "flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = goflag.Bool("update", false, "write the table of settings into the README instead of comparing it")

// The README's table is Table.
func TestReadmeHasEverySetting(t *testing.T) {
	const file, begin, end = "../README.md", "<!-- settings -->\n", "<!-- /settings -->\n"
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), begin)
	got, after, found := strings.Cut(rest, end)
	if !ok || !found {
		t.Fatalf("%s has no place for the table between %q and %q", file, begin, end)
	}
	var want strings.Builder
	code := strings.NewReplacer("**", "**", "*", "`")
	want.WriteString("| `rehydrate:` | takes | default | meaning |\n|---|---|---|---|\n")
	for _, row := range Table() {
		if row.Takes() == "" || row.Meaning() == "" {
			t.Errorf("%s does not say what it takes and means", row.Name)
		}
		preset := ""
		if row.Default != "" {
			preset = "`" + row.Default + "`"
		}
		fmt.Fprintf(&want, "| `%s` | %s | %s | %s |\n", row.Name, row.Takes(), preset, code.Replace(row.Meaning()))
	}
	if got == want.String() {
		return
	}
	if !*update {
		t.Errorf("the table of %s is not Table; go test ./cdk/settings -update writes it", file)
		return
	}
	if err := os.WriteFile(file, []byte(before+begin+want.String()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
