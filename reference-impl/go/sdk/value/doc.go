// Package value serves entities whose state is one message: the value.
//
// An entity's author writes what each command does ([Handle]): it reads the
// value, sets or removes it, and answers or refuses. The proxy keeps the value
// while the entity sleeps. The example has a whole entity.
//
// # What changes the value
//
// [Context.Update] and [Context.Delete] do, and nothing else; the last of them
// counts (VAL-CMD-004). What [Context.Current] returns is the handler's own copy:
// changed and not given to Update, it has changed nothing (VAL-CMD-008). For the
// same reason a command that fails has changed nothing (VAL-FAIL-004): its
// changes were never in the entity, and are dropped.
//
// Read on in this order: entity.go, context.go, activation.go, service.go.
package value
