//go:build !linux

package pgtest

import "syscall"

// attributes are the user's alone: a test that is killed leaves its server behind.
func attributes(user *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: user}
}
