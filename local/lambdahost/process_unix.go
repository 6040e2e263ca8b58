//go:build unix

package lambdahost

import (
	"os"
	"os/exec"
	"syscall"
)

// detach gives the process a group of its own, so that a Ctrl-C at the terminal
// reaches the host alone, which then ends its functions in order.
func detach(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// A process that is gone already cannot be signalled, which is as good.

func terminate(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGTERM) }

func kill(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }
