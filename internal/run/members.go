package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// What a request may hold, in words for whoever typed another one.

const members = "from, to, lastDays, marginBefore, marginAfter, plan, retry, destination, " +
	"view, expires, maxBytes, maxEvents, maxCost, maxDuration, restore, restoreDays, " +
	"maxConcurrency, toleratedFailurePercentage, include, exclude"

// inputFault says in a person's words what encoding/json found.
func inputFault(err error) string {
	var wrong *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrong) && wrong.Field == "":
		return fmt.Sprintf("the input is a JSON %s; give an object such as {\"from\": \"2018-12-10\", \"to\": \"2018-12-12\"}", wrong.Value)
	case errors.As(err, &wrong):
		return fmt.Sprintf("%s: a JSON %s is not allowed here; give %s", wrong.Field, wrong.Value, allowed(wrong.Field))
	case errors.As(err, &syntax), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Sprintf("the input is no JSON object (%v)", err)
	case strings.HasPrefix(err.Error(), "json: unknown field "):
		return fmt.Sprintf("%s is not a member of the request; its members are %s",
			strings.TrimPrefix(err.Error(), "json: unknown field "), members)
	}
	return err.Error()
}

// allowed says which values a member takes.
func allowed(member string) string {
	switch name, _, _ := strings.Cut(member, "."); name {
	case "from", "to":
		return `a string: a day ("2018-12-10") or an RFC 3339 instant ("2018-12-10T12:00:00+09:00")`
	case "lastDays":
		return "a whole number from 1 to 3660"
	case "marginBefore", "marginAfter":
		return `a string: a duration such as "3h" or "90m"`
	case "plan":
		return "true or false"
	case "retry":
		return "a string: the name of an earlier run"
	case "destination":
		return `"index" or "files"`
	case "view":
		return viewForm
	case "expires":
		return "a string: " + expiryForm
	case "maxBytes", "maxEvents":
		return "a whole number; 0 for no bound"
	case "maxCost":
		return "a number of US dollars; 0 for no bound"
	case "maxDuration":
		return `a string: a duration such as "2h"; "0s" for no bound`
	case "restore":
		return `"Bulk", "Standard" or "Expedited"`
	case "restoreDays":
		return fmt.Sprintf("a whole number from 1 to %d", maxRestoreDays)
	case "maxConcurrency":
		return fmt.Sprintf(`a whole number from 1 to %d, "auto", or "auto:N" with the bound N`, MaxConcurrencyLimit)
	case "toleratedFailurePercentage":
		return "a number from 0 to 100"
	}
	return `an object with any of "logGroup", "logStream", "message", each a list of strings`
}
