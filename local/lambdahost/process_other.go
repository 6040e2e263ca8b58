//go:build !unix

package lambdahost

import (
	"os"
	"os/exec"
)

func detach(*exec.Cmd) {}

// terminate kills: there is no gentler way here.
func terminate(p *os.Process) { _ = p.Kill() }

func kill(p *os.Process) { _ = p.Kill() }
