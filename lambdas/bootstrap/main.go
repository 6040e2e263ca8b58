// Command bootstrap is what runs in AWS as each of the Lambdas, told apart
// by the handler setting of the function.
package main

import (
	"os"

	"github.com/rehydrate/rehydrate/lambdas"
)

// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
func main() { lambdas.Main(os.Getenv("_HANDLER")) }
