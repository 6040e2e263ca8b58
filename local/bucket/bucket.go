// Package bucket is an S3 server over folders, for one computer: a key is a
// path relative to the folder of its bucket. The protocol is gofakes3's; what
// listing, names, entity tags and atomic writes mean over a folder is said
// here.
//
// It knows nothing of runs or archives. What a folder cannot hold is left out on
// purpose: metadata, versions, directory markers.
package bucket

import (
	"encoding/xml"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/rclone/gofakes3"
)

// Folder stands for a bucket.
type Folder struct {
	// Dir holds the objects. It is made when it does not exist, unless ReadOnly.
	Dir string
	// ReadOnly refuses every request that would change something, with
	// AccessDenied; nothing is ever written to Dir.
	ReadOnly bool
	// Files, if given, are served instead of a Dir, read only.
	Files fs.FS
}

// uploads is the folder inside Dir where objects are written before they get
// their name. Its content is no key.
const uploads = ".uploads"

// New is an S3 server with these buckets by name, to be served on the loopback
// interface: it asks for no credentials, and refuses requests that a web page
// made. Its error names a folder that cannot be used.
func New(folders map[string]Folder) (http.Handler, error) {
	b := backend{}
	for name, f := range folders {
		opened, err := open(f)
		if err != nil {
			return nil, err
		}
		b[name] = opened
	}
	s3 := gofakes3.New(b, gofakes3.WithTimeSkewLimit(0)).Server()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		changes := r.Method != http.MethodGet && r.Method != http.MethodHead
		switch f := b[name]; {
		case fromWebPage(r):
			refuse(w, "this server is for programs of this computer")
		case changes && f != nil && f.root == nil:
			refuse(w, "bucket "+name+" is read only")
		default:
			s3.ServeHTTP(w, r)
		}
	}), nil
}

// folder is a bucket as it is served. All that is read and written goes through
// an os.Root: a link that leads out of the folder is refused.
type folder struct {
	files fs.FS
	read  *os.Root // what files is of, nil where it is no folder
	dir   *os.File // the same folder
	root  *os.Root // nil where it is read only
	// commits is held while an object gets its name or loses it, so that a
	// condition and what it guards are one step.
	commits sync.Mutex
	// walks are the listings under way: each holds a folder's names in memory.
	walks chan struct{}
	known known
}

const mostWalks = 4

func open(f Folder) (*folder, error) {
	opened := &folder{files: f.Files, walks: make(chan struct{}, mostWalks)}
	if f.Files != nil {
		return opened, nil
	}
	if !f.ReadOnly {
		if err := os.MkdirAll(f.Dir, 0o755); err != nil {
			return nil, fmt.Errorf("make the folder of a bucket: %w", err)
		}
	}
	root, err := os.OpenRoot(f.Dir)
	if err != nil {
		return nil, fmt.Errorf("open the folder of a bucket: %w", err)
	}
	opened.files, opened.read = root.FS(), root
	if opened.dir, err = root.Open("."); err != nil {
		return nil, fmt.Errorf("open the folder of a bucket: %w", err)
	}
	if !f.ReadOnly {
		opened.root = root
	}
	return opened, nil
}

// fromWebPage tells whether a browser sent r for some page: across origins it
// says so, and with a host name made to point here (DNS rebinding) the name
// gives it away.
func fromWebPage(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	local := host == "localhost" || strings.HasSuffix(host, ".localhost") || net.ParseIP(strings.Trim(host, "[]")) != nil
	return r.Header.Get("Origin") != "" || !local
}

// refuse answers AccessDenied, a code that gofakes3 has no status for.
func refuse(w http.ResponseWriter, reason string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusForbidden)
	body := struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: "AccessDenied", Message: reason}
	_ = xml.NewEncoder(w).Encode(body) // the client has gone if this fails
}
