package bucket

import (
	"os"

	"golang.org/x/sys/unix"
)

// openBeneath opens the file at path for reading in one call of the system, where an
// os.Root opens each folder on the way. As there, no link leads out of the folder.
// Whatever the reason that it cannot, the os.Root is asked again and says it.
func openBeneath(folder *os.File, path string) (*os.File, error) {
	how := unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_NONBLOCK | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS,
	}
	fd, err := unix.Openat2(int(folder.Fd()), path, &how)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}
