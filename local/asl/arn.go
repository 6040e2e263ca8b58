package asl

import (
	"crypto/rand"
	"fmt"
	"strings"
)

// id is what the ARNs of an execution and of its machine are made of. The
// children of a map have its label.
type id struct {
	partition, region, account string
	machine, label, name       string
}

func parseARN(arn string) (id, error) {
	p := strings.Split(arn, ":")
	if len(p) != 8 || p[0] != "arn" || p[2] != "states" || p[5] != "execution" || p[6] == "" || p[7] == "" {
		return id{}, fmt.Errorf("%q is no ARN of an execution, arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME", arn)
	}
	return id{partition: p[1], region: p[3], account: p[4], machine: p[6], name: p[7]}, nil
}

func (i id) executionARN() string { return i.arn("execution") + ":" + i.name }

func (i id) mapRunARN(uuid string) string { return i.arn("mapRun") + ":" + uuid }

func (i id) machineARN() string { return i.arn("stateMachine") }

func (i id) arn(kind string) string {
	arn := strings.Join([]string{"arn", i.partition, "states", i.region, i.account, kind, i.machine}, ":")
	if i.label != "" {
		arn += "/" + i.label
	}
	return arn
}

// roleARN names a role that does not exist: nothing is done in its name.
func (i id) roleARN() string {
	return "arn:" + i.partition + ":iam::" + i.account + ":role/" + i.machine
}

// newUUID is a random UUID, RFC 9562.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails: it ends the program instead
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
