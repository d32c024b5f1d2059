package pebble

import "github.com/stateward/stateward/proxy/internal/store"

var _ store.Meter = (*Store)(nil)

// Measures returns what pebble counts.
func (s *Store) Measures() []store.Measure {
	if s.begin() != nil {
		return nil
	}
	defer s.calls.Done()
	m := s.db.Metrics()
	return []store.Measure{
		{Name: "disk_bytes", Help: "Size of the store's files.", Value: float64(m.DiskSpaceUsage())},
		{Name: "wal_bytes", Help: "Size of what is in the write-ahead log alone.", Value: float64(m.WAL.Size)},
		{Name: "wal_written_bytes_total", Help: "Bytes that were written to the write-ahead log.", Total: true, Value: float64(m.WAL.BytesWritten)},
		{Name: "memtable_bytes", Help: "Size of the tables in memory.", Value: float64(m.MemTable.Size)},
		{Name: "flushes_total", Help: "Tables in memory that were written to files.", Total: true, Value: float64(m.Flush.Count)},
		{Name: "compactions_total", Help: "Compactions that have ended.", Total: true, Value: float64(m.Compact.Count)},
		{Name: "compactions_running", Help: "Compactions that are under way.", Value: float64(m.Compact.NumInProgress)},
		{Name: "compaction_debt_bytes", Help: "About how many bytes are still to be compacted.", Value: float64(m.Compact.EstimatedDebt)},
		{Name: "read_amplification", Help: "Files that a read looks into at most.", Value: float64(m.ReadAmp())},
		{Name: "cache_hits_total", Help: "Blocks that were found in the cache.", Total: true, Value: float64(m.BlockCache.Hits)},
		{Name: "cache_misses_total", Help: "Blocks that were read from a file.", Total: true, Value: float64(m.BlockCache.Misses)},
	}
}
