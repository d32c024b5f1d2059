package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// unsent reports whether the statement has not left this process: there was no
// connection, or it was found dead.
func unsent(b backend, err error) bool { return b == (backend{}) || pgconn.SafeToRetry(err) }

// refused reports whether the server has said itself that it has done nothing. What
// it says when it ends a connection is no such word: the commit may be behind it.
func refused(err error) bool {
	reported, ok := errors.AsType[*pgconn.PgError](err)
	return ok && reported.SeverityUnlocalized == "ERROR"
}

// code returns the server's code for the error; empty where it is not the server's.
func code(err error) string {
	if reported, ok := errors.AsType[*pgconn.PgError](err); ok {
		return reported.Code
	}
	return ""
}

// duplicate reports whether a key was there already: another writer was first.
func duplicate(err error) bool { return code(err) == "23505" }

// stuck reports whether a row was held by another for too long.
func stuck(err error) bool { return code(err) == "55P03" }

// single reports whether the error may be the doing of one write of many: of its
// data, of another writer of the same rows, or of a deadlock.
func single(err error) bool {
	switch c := code(err); {
	case c == "":
		return false
	case stuck(err):
		return true
	default:
		class := c[:2]
		return class == "21" || class == "22" || class == "23" || class == "40"
	}
}
