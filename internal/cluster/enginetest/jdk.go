package enginetest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

// findJDK returns the home of the oldest JDK from lowest to highest on this
// machine, looked for where JDKs usually are.
func findJDK(ctx context.Context, lowest, highest int) (home string, ok bool) {
	best := highest + 1
	for _, candidate := range javaHomes() {
		version := javaVersion(ctx, candidate)
		if version >= lowest && version < best {
			best, home = version, candidate
		}
	}
	return home, best <= highest
}

func javaHomes() []string {
	var homes []string
	if home := os.Getenv("JAVA_HOME"); home != "" {
		homes = append(homes, home)
	}
	if java, err := exec.LookPath("java"); err == nil {
		if binary, err := filepath.EvalSymlinks(java); err == nil {
			homes = append(homes, filepath.Dir(filepath.Dir(binary)))
		}
	}
	patterns := []string{
		"/usr/lib/jvm/*",
		"/opt/java/*", "/opt/jdk*",
		"/Library/Java/JavaVirtualMachines/*/Contents/Home",
	}
	if home, err := os.UserHomeDir(); err == nil {
		patterns = append(patterns, filepath.Join(home, ".sdkman/candidates/java/*"), filepath.Join(home, ".jdks/*"))
	}
	for _, p := range patterns {
		// The only error is a malformed pattern, and these are not.
		found, _ := filepath.Glob(p)
		homes = append(homes, found...)
	}
	return homes
}

// javaVersion is the major version of the JDK at home, or 0 where there is none.
func javaVersion(ctx context.Context, home string) int {
	out, err := exec.CommandContext(ctx, filepath.Join(home, "bin", "java"), "-version").CombinedOutput()
	if err != nil {
		return 0
	}
	m := regexp.MustCompile(`version "(\d+)`).FindSubmatch(out)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		return 0
	}
	return n
}
