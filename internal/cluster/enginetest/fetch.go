package enginetest

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// dependencyPlugin is named in full, so that what it does does not depend on
// the Maven installed.
const dependencyPlugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"

// cacheFolder is where engines are kept between test runs, and the lock lies.
func cacheFolder() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(cache, "rehydrate", "engines")
	return folder, os.MkdirAll(folder, 0o755)
}

// fetch returns the folder that holds the engine's jars, or its one zip. It is
// fetched by Maven unless it is there already.
func fetch(ctx context.Context, e Engine) (string, error) {
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(cache, string(e))
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	// Into a folder beside it first: one that is there is whole.
	part, err := os.MkdirTemp(cache, "part-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(part) //nolint:errcheck // what is left is only waste
	if err := runMaven(ctx, e.distribution(), part); err != nil {
		return "", fmt.Errorf("fetch %s: %w", e, err)
	}
	return folder, os.Rename(filepath.Join(part, "lib"), folder)
}

func runMaven(ctx context.Context, d distribution, folder string) error {
	group, rest, _ := strings.Cut(d.artifact, ":")
	artifact, version, _ := strings.Cut(rest, ":")
	lib := "-DoutputDirectory=" + filepath.Join(folder, "lib")
	args := []string{dependencyPlugin + ":copy", "-Dartifact=" + d.artifact + ":zip", lib}
	if d.runner != "" {
		pom := fmt.Sprintf(`<project><modelVersion>4.0.0</modelVersion>
<groupId>local</groupId><artifactId>engine</artifactId><version>1</version><packaging>pom</packaging>
<dependencies><dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></dependency></dependencies>
</project>`, group, artifact, version)
		if err := os.WriteFile(filepath.Join(folder, "pom.xml"), []byte(pom), 0o644); err != nil {
			return err
		}
		args = []string{dependencyPlugin + ":copy-dependencies", lib}
	}
	if err := maven(ctx, folder, args); err != nil {
		return err
	}
	if d.module != "" {
		module := []string{dependencyPlugin + ":copy", "-Dartifact=" + d.module + ":jar", lib}
		if err := maven(ctx, folder, module); err != nil {
			return err
		}
	}
	if d.plugin == "" {
		return nil
	}
	return addPlugin(ctx, d, folder)
}

func maven(ctx context.Context, folder string, args []string) error {
	cmd := exec.CommandContext(ctx, "mvn", append([]string{"-q", "-B"}, args...)...)
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("mvn %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// addPlugin puts the jars of a plugin beside those of the runner, whose class path
// it shares, but for those that the runner has in some version.
func addPlugin(ctx context.Context, d distribution, folder string) error {
	part := filepath.Join(folder, "plugin")
	args := []string{dependencyPlugin + ":copy", "-Dartifact=" + d.plugin + ":zip", "-DoutputDirectory=" + part}
	if err := maven(ctx, folder, args); err != nil {
		return err
	}
	zips, err := filepath.Glob(filepath.Join(part, "*.zip"))
	if err != nil || len(zips) != 1 {
		return fmt.Errorf("%s brought %d zips: %w", d.plugin, len(zips), err)
	}
	r, err := zip.OpenReader(zips[0])
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // only read
	lib := filepath.Join(folder, "lib")
	version := regexp.MustCompile(`-[0-9][^/]*\.jar$`)
	for _, f := range r.File {
		if !strings.HasSuffix(f.Name, ".jar") || strings.Contains(f.Name, "/") {
			continue
		}
		there, err := filepath.Glob(filepath.Join(lib, version.ReplaceAllString(f.Name, "")+"-[0-9]*.jar"))
		if err != nil || len(there) > 0 {
			continue
		}
		if err := extract(f, filepath.Join(lib, f.Name)); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}

// addModule puts the module's jar, in folder, where an engine that lies under
// target looks for modules, with what it has to be told of it.
func (d distribution) addModule(folder, target string) error {
	_, rest, _ := strings.Cut(d.module, ":")
	name, version, _ := strings.Cut(rest, ":")
	jar, err := os.ReadFile(filepath.Join(folder, name+"-"+version+".jar"))
	if err != nil {
		return err
	}
	module := filepath.Join(target, "modules", name)
	if err := os.MkdirAll(module, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(module, name+".jar"), jar, 0o644); err != nil {
		return err
	}
	// https://www.elastic.co/guide/en/elasticsearch/plugins/7.17/plugin-authors.html
	properties := fmt.Sprintf("name=%s\ndescription=%s\nversion=%s\nelasticsearch.version=%s\njava.version=1.8\nclassname=%s\n",
		name, name, version, version, d.moduleClass)
	return os.WriteFile(filepath.Join(module, "plugin-descriptor.properties"), []byte(properties), 0o644)
}

// unzip lays the one zip in folder out under target, without its top folder.
func unzip(folder, target string) error {
	zips, err := filepath.Glob(filepath.Join(folder, "*.zip"))
	if err != nil {
		return err
	}
	if len(zips) != 1 {
		return fmt.Errorf("%s holds %d zips, not one", folder, len(zips))
	}
	r, err := zip.OpenReader(zips[0])
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // only read
	for _, f := range r.File {
		_, name, _ := strings.Cut(f.Name, "/")
		if name == "" || strings.HasSuffix(name, "/") {
			continue
		}
		if err := extract(f, filepath.Join(target, name)); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}

func extract(f *zip.File, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, f.Mode())
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
