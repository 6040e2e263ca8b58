package asl

import (
	"regexp"
)

// distributedMap runs a child execution for each line of a file in S3.
type distributedMap struct {
	label    string
	children *graph
	reader   *template // Bucket, Key
	writer   *template // Bucket, Prefix
	selector *template // nil hands the item on as it is
	atOnce   setting   // 0 is as many as there may be
	// Failed children that are tolerated, in percent of all and as a number;
	// negative where that is not given.
	percent, count setting
}

// setting is a number of a map, given or looked up.
type setting struct {
	field string
	fixed float64
	path  *path
	most  float64
}

// distributedMap takes what is a Map's own.
// https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
func (f *fields) distributedMap() work {
	m := &distributedMap{label: f.text("Label"), selector: f.template("ItemSelector")}
	if !regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`).MatchString(m.label) {
		f.fault(f.node, "Label is missing, or not of at most 40 letters, digits, - and _; without one the ARNs of children cannot be granted")
	}
	m.atOnce = f.setting("MaxConcurrency", 0, MaxChildren)
	m.percent = f.setting("ToleratedFailurePercentage", -1, 100)
	m.count = f.setting("ToleratedFailureCount", -1, maxSeconds)
	if n, ok := f.need("ItemReader"); ok {
		m.reader = f.itemReader(n)
	}
	if n, ok := f.need("ResultWriter"); ok {
		m.writer = f.resultWriter(n)
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

// setting takes a number or the path to one, which is not there by default.
func (f *fields) setting(name string, otherwise, most float64) setting {
	s := setting{field: name, fixed: otherwise, most: most}
	n, fixed := f.get(name)
	if fixed {
		s.fixed = f.inBounds(n, 0, most)
	}
	if n, ok := f.open[name+"Path"]; ok {
		if fixed {
			f.fault(n, "stands beside %s", name)
		}
		p := f.pathField(name + "Path")
		s.path = &p
	}
	return s
}

func (f *fields) itemReader(n node) *template {
	r := f.commented(n)
	r.oneOf("Resource", "arn:aws:states:::s3:getObject")
	if n, ok := r.need("ReaderConfig"); ok {
		c := r.object(n)
		c.oneOf("InputType", "JSONL")
		c.close()
	}
	t := r.place("Key")
	r.close()
	return t
}

func (f *fields) resultWriter(n node) *template {
	w := f.commented(n)
	w.oneOf("Resource", "arn:aws:states:::s3:putObject")
	if n, ok := w.get("WriterConfig"); ok {
		c := w.object(n)
		c.oneOf("Transformation", "NONE")
		c.oneOf("OutputType", "JSON")
		c.close()
	}
	t := w.place("Prefix")
	w.close()
	return t
}

// place takes Parameters that tell a Bucket and one more.
func (f *fields) place(other string) *template {
	n, ok := f.need("Parameters")
	if !ok {
		return nil
	}
	p := f.object(n)
	for _, name := range []string{"Bucket", other} {
		if _, ok := p.get(name + ".$"); !ok {
			p.need(name)
		}
	}
	p.close()
	return f.parseTemplate("Parameters", n)
}

// number is the setting's value.
func (s setting) number(f *frame, input any) (float64, *failure) {
	if s.path == nil {
		return s.fixed, nil
	}
	v, err := f.find(*s.path, s.field+"Path", input)
	if err != nil {
		return 0, err
	}
	n, ok := numeric(v)
	if !ok || n < 0 || n > s.most {
		return 0, f.runtime("The field '%sPath' has to lead to a number from 0 to %v, not '%s'", s.field, s.most, encode(v))
	}
	return n, nil
}

// placed is a place's value: two strings.
func (f *frame) placed(t *template, other string, input any) (bucket, key string, err *failure) {
	v, err := f.evaluate(t, input)
	if err != nil {
		return "", "", err
	}
	m, _ := v.(map[string]any) // so it was loaded
	bucket, ok := m["Bucket"].(string)
	key, ok2 := m[other].(string)
	if !ok || !ok2 {
		return "", "", f.runtime("Bucket and %s have to be strings, but are '%s'", other, encode(v))
	}
	return bucket, key, nil
}
