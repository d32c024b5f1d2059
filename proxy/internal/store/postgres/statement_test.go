package postgres_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/stateward/stateward/proxy/internal/store/postgres"
)

// A commit finds all that it asks about by an index, also where the tables were empty
// when it was planned: what it costs does not grow with what is stored.
func TestCommitReadsNoWholeTable(t *testing.T) {
	t.Parallel()
	dsn := database(t)
	s, conn := open(t, postgres.Config{DSN: dsn}), connect(t, dsn)
	conn.do(`SET plan_cache_mode = force_generic_plan`)
	statement, err := conn.Prepare(t.Context(), "commit", postgres.Statement(s))
	if err != nil {
		t.Fatal(err)
	}
	nulls := strings.TrimSuffix(strings.Repeat("NULL,", len(statement.ParamOIDs)), ",")
	rows, err := conn.Query(t.Context(), "EXPLAIN EXECUTE commit("+nulls+")")
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	plan := strings.Join(lines, "\n")
	for _, table := range []string{"shard", "deletion", "value", "event"} {
		if strings.Contains(plan, "Seq Scan on "+table) || !strings.Contains(plan, "using "+table+"_pkey on "+table+" ") {
			t.Errorf("%s is not read by its index:\n%s", table, plan)
		}
	}
}
