package postgres

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed commit.sql
var commitSQL string

// clauses are those of commit.sql, by their names.
type clauses map[string]string

// clausesOf cuts the text where a line begins a clause.
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
	list := slices.Concat([]string{"int", "bytea"},
		slices.Repeat([]string{"bigint"}, len(t.numbers)), slices.Repeat([]string{"bytea"}, len(t.bytes)))
	for i, kind := range list {
		list[i] = fmt.Sprintf("$%d::%s[]", first+i, kind)
	}
	return strings.Join(list, ", ")
}
