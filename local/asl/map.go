package asl

import "regexp"

// distributedMap runs a child execution for each line of a file in S3.
type distributedMap struct {
	label    string
	children *graph
	items    location
	results  location // a folder
	selector part
	atOnce   path // 0 is as many as there may be
	percent  path // of the children that may fail
	// fileBytes is the size past which results go on in the next file.
	fileBytes int64
}

// location is an object in S3, or a folder.
type location struct{ bucket, key part }

// mapEvents are MapRunStarted, and MapRunSucceeded or MapRunFailed.
const mapEvents = 2

// distributedMap takes what is a Map's own.
// https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
func (f *fields) distributedMap() work {
	m := &distributedMap{
		label:     f.needString("Label"), // without one the ARNs of children cannot be granted
		selector:  f.template("ItemSelector"),
		atOnce:    f.needPath("MaxConcurrencyPath"),
		percent:   f.needPath("ToleratedFailurePercentagePath"),
		fileBytes: 1 << 30,
	}
	if !regexp.MustCompile(`^[A-Za-z0-9_-]{0,40}$`).MatchString(m.label) {
		f.fault(f.node, "Label has to be of at most 40 letters, digits, - and _")
	}
	if n, ok := f.need("ItemReader"); ok {
		r := f.commented(n)
		r.oneOf("Resource", "arn:aws:states:::s3:getObject")
		if n, ok := r.need("ReaderConfig"); ok {
			c := r.object(n)
			c.oneOf("InputType", "JSONL")
			c.close()
		}
		m.items = r.location("Key")
		r.close()
	}
	if n, ok := f.need("ResultWriter"); ok {
		w := f.commented(n)
		w.oneOf("Resource", "arn:aws:states:::s3:putObject")
		m.results = w.location("Prefix")
		w.close()
	}
	if n, ok := f.need("ItemProcessor"); ok {
		p := f.commented(n)
		if n, ok := p.need("ProcessorConfig"); ok {
			c := p.object(n)
			c.oneOf("Mode", "DISTRIBUTED")
			c.oneOf("ExecutionType", "STANDARD")
			c.close()
		}
		m.children = p.graph()
		p.close()
	}
	return m
}

// location takes Parameters that tell a Bucket and a key.
func (f *fields) location(key string) location {
	n, ok := f.need("Parameters")
	if !ok {
		return location{}
	}
	p := f.object(n)
	l := location{bucket: p.either("Bucket", "Bucket.$"), key: p.either(key, key+".$")}
	p.close()
	return l
}

// locate evaluates a location.
func (f *frame) locate(l location, input any) (bucket, key string, err *failure) {
	if bucket, err = f.text(l.bucket, "Bucket", input); err != nil {
		return "", "", err
	}
	key, err = f.text(l.key, "Key", input)
	return bucket, key, err
}

// numberAt is the number from 0 to most that p, the value of field, leads to.
func (f *frame) numberAt(p path, field string, most float64, input any) (float64, *failure) {
	v, err := f.find(p, field, input)
	if err != nil {
		return 0, err
	}
	n, ok := number(v)
	if !ok || n < 0 || n > most {
		return 0, f.runtime("The field '%s' has to lead to a number from 0 to %v, not '%s'", field, most, encode(v))
	}
	return n, nil
}
