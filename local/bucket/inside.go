package bucket

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// inside is a folder whose files are looked at one after the other: from there, each is
// one call of the system, and not one more for each folder above it.
type inside struct {
	files fs.FS
	root  *os.Root // nil where files is no folder of the system
}

// enter opens dir. One that cannot be opened is not inside of anything: its files tell
// why by themselves.
func (f *folder) enter(dir string) inside {
	if f.read == nil {
		return inside{files: f.files}
	}
	root, err := f.read.OpenRoot(filepath.FromSlash(dir))
	if err != nil {
		return inside{files: f.files}
	}
	return inside{f.files, root}
}

func (i inside) leave() {
	if i.root != nil {
		_ = i.root.Close() // nothing was written
	}
}

// stat tells of the file at key, name in this folder. A link is followed from the
// bucket's folder: it may lead to another one of that.
func (i inside) stat(key, name string) (fs.FileInfo, error) {
	if i.root != nil {
		info, err := i.root.Lstat(name)
		if err == nil && info.Mode()&fs.ModeSymlink == 0 || errors.Is(err, fs.ErrNotExist) {
			return info, err
		}
	}
	return fs.Stat(i.files, key)
}
