package postgres

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed commit.sql
var commitSQL string

// clauses are those of commit.sql, by their names.
type clauses map[string]string

func clausesOf(sql string) clauses {
	all := clauses{}
	for _, clause := range strings.Split(sql, "\n--- ")[1:] {
		name, text, _ := strings.Cut(clause, "\n")
		all[name] = text
	}
	return all
}

// statement returns what commits the batch, made of the clauses that it has rows for, and
// its arguments. Most batches have events and nothing else, and a clause costs even where
// it finds no row. There are few combinations, each of which a connection plans once.
func (all clauses) statement(c *columns) (sql string, arguments []any) {
	var b strings.Builder
	for _, t := range c.tables() {
		if t.empty() {
			continue
		}
		first := len(arguments) + 1
		arguments = t.arguments(arguments)
		b.WriteString(strings.Replace(all[t.clause], "{rows}", t.placeholders(first), 1))
	}
	b.WriteString(all["answer"])
	return b.String(), arguments
}

// placeholders names the columns as arguments of the statement, from the number on.
func (t *table) placeholders(first int) string {
	list := fmt.Sprintf("$%d::int[], $%d::bytea[]", first, first+1)
	next := first + 2
	for range t.numbers {
		list += fmt.Sprintf(", $%d::bigint[]", next)
		next++
	}
	for range t.bytes {
		list += fmt.Sprintf(", $%d::bytea[]", next)
		next++
	}
	return list
}
