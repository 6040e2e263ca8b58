package local

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"time"
)

// Server serves HTTP until it is closed.
type Server struct {
	// URL is where it serves, without a slash at its end.
	URL string

	server *http.Server
	done   chan error
}

// Listen serves h at address; port 0 takes a free one.
func Listen(ctx context.Context, address string, h http.Handler) (*Server, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	s := &Server{
		URL:    "http://" + l.Addr().String(),
		server: &http.Server{Handler: h, ReadHeaderTimeout: time.Minute},
		done:   make(chan error, 1),
	}
	go func() { s.done <- s.server.Serve(l) }()
	return s, nil
}

// listenPrivately serves h at a free port of this computer under a path that
// nobody else is told: whoever else uses the computer may reach the port, but
// finds nothing there.
func listenPrivately(ctx context.Context, h http.Handler) (*Server, error) {
	path := "/" + rand.Text()
	s, err := Listen(ctx, "127.0.0.1:0", http.StripPrefix(path, h))
	if err != nil {
		return nil, err
	}
	s.URL += path
	return s, nil
}

// Close ends the server and what it is answering.
func (s *Server) Close() error {
	err := s.server.Close()
	if served := <-s.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
