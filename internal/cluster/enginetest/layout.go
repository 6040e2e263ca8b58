package enginetest

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// lay lays out everything the engine needs in its folder.
func (r *Running) lay(lib, javaHome string, files map[string]string, settings []string) error {
	d := r.engine.distribution()
	config := filepath.Join(r.folder, "config")
	var err error
	if d.runner == "" {
		if err = unzip(lib, r.folder); err != nil {
			return err
		}
		if d.module != "" {
			if err = d.addModule(lib, r.folder); err != nil {
				return err
			}
		}
		// What unzip does not make of empty folders, and Elasticsearch 7 does not either.
		for _, name := range []string{"logs", "plugins"} {
			if err = os.MkdirAll(filepath.Join(r.folder, name), 0o755); err != nil {
				return err
			}
		}
		if r.port, err = freePort(1, 65535); err != nil {
			return err
		}
		r.argv = []string{filepath.Join(r.folder, "bin", "elasticsearch")}
		r.env = []string{"ES_JAVA_HOME=" + javaHome, "ES_JAVA_OPTS=-Xms1g -Xmx1g", "ES_PATH_CONF=" + config}
		settings = append(settings, "path.data: "+filepath.Join(r.folder, "data"), "path.logs: "+filepath.Join(r.folder, "logs"))
		if !strings.Contains(strings.Join(settings, "\n"), "xpack.security.enabled") {
			settings = append(settings, "xpack.security.enabled: false")
		}
	} else {
		// The runners serve base + 1, and look for a free port no further than 9299.
		if r.port, err = freePort(9201, 9299); err != nil {
			return err
		}
		r.argv = []string{
			filepath.Join(javaHome, "bin", "java"), "-Xms1g", "-Xmx1g", "-cp", filepath.Join(lib, "*"), d.runner,
			"-basePath", r.folder, "-confPath", config, "-numOfNode", "1", "-baseHttpPort", strconv.Itoa(r.port - 1),
			"-clusterName", r.cluster(),
		}
		if d.pluginClass != "" {
			r.argv = append(r.argv, "-pluginTypes", d.pluginClass)
		}
	}
	r.URL = "http://127.0.0.1:" + strconv.Itoa(r.port)
	if err := r.configure(filepath.Join(config, d.config), settings); err != nil {
		return err
	}
	if err := put(config, files); err != nil {
		return err
	}
	return r.handOver()
}

// put writes files into a folder: their content by name.
func put(folder string, files map[string]string) error {
	for name, content := range files {
		file := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(content), 0o644)); err != nil {
			return err
		}
	}
	return nil
}

func (r *Running) configure(file string, settings []string) error {
	lines := []string{
		"cluster.name: " + r.cluster(),
		"network.host: 127.0.0.1",
		"http.port: " + strconv.Itoa(r.port),
		// A full disk on a developer's machine is not what is tested.
		"cluster.routing.allocation.disk.threshold_enabled: false",
	}
	if len(r.peers.ports) == 0 {
		transport, err := freePort(1, 65535)
		if err != nil {
			return err
		}
		lines = append(lines, "node.name: node",
			"transport.port: "+strconv.Itoa(transport), "discovery.type: single-node")
	} else {
		lines = append(lines, r.peers.configuration()...)
	}
	lines = append(lines, settings...)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644)
}

// cluster is the name of the cluster that the engine is of, or makes.
func (r *Running) cluster() string {
	if len(r.peers.ports) > 0 {
		// Two clusters on a machine have no port in common.
		return "rehydrate-" + strconv.Itoa(r.peers.ports[0])
	}
	return filepath.Base(r.folder)
}

// configuration is that of one of several nodes.
func (p peers) configuration() []string {
	var hosts, names []string
	for i, port := range p.ports {
		hosts = append(hosts, fmt.Sprintf("%q", "127.0.0.1:"+strconv.Itoa(port)))
		names = append(names, "node"+strconv.Itoa(i))
	}
	return []string{
		"node.name: " + names[p.which],
		"transport.port: " + strconv.Itoa(p.ports[p.which]),
		"discovery.seed_hosts: [" + strings.Join(hosts, ", ") + "]",
		"cluster.initial_master_nodes: [" + strings.Join(names, ", ") + "]",
	}
}

// handOver gives the folder to an unprivileged user where the tests run as root,
// which Elasticsearch refuses to.
func (r *Running) handOver() error {
	if os.Getuid() != 0 || r.engine.distribution().runner != "" {
		return nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(nobody.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(nobody.Gid)
	if err != nil {
		return err
	}
	r.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return filepath.WalkDir(r.folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, gid)
	})
}

// freePort returns a port of loopback that nobody listens on now: any, or, where
// the range is narrow, the first in it.
func freePort(lowest, highest int) (int, error) {
	if highest-lowest > 1000 {
		lowest, highest = 0, 0
	}
	for port := lowest; port <= highest; port++ {
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			continue
		}
		address, _ := l.Addr().(*net.TCPAddr)
		return address.Port, l.Close()
	}
	return 0, fmt.Errorf("no free port from %d to %d", lowest, highest)
}
