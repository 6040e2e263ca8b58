package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/rehydrate/rehydrate/local/store/logdb"
)

// ids are those that each index holds, as 12 bytes of their SHA-256: two of ten
// million are taken for one with a chance of 10^-15. An index's are read from its
// rows when it is first written to, so that the log database is the only truth
// about them.
type ids map[string]map[idHash]struct{}

type idHash [12]byte

func hashID(id string) idHash {
	sum := sha256.Sum256([]byte(id))
	return idHash(sum[:12])
}

// keptName is that of the file of a document that no row can hold.
func keptName(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}

// idsOf are those of an index; writing is held.
func (s *Store) idsOf(ctx context.Context, index string) (map[idHash]struct{}, error) {
	if known, ok := s.ids[index]; ok {
		return known, nil
	}
	s.seen()
	found := map[idHash]struct{}{}
	err := s.db.Query(ctx, only(index)+" | fields "+fieldID, logdb.Oldest(), logdb.Newest(), func(b *logdb.Block) error {
		for _, id := range b.Column(fieldID) {
			found[hashID(id)] = struct{}{}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the ids of %s: %w", index, err)
	}
	s.ids[index] = found
	return found, nil
}
