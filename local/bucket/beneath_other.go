//go:build !linux

package bucket

import (
	"errors"
	"os"
)

// openBeneath is a call that only Linux has.
func openBeneath(*os.File, string) (*os.File, error) { return nil, errors.ErrUnsupported }
