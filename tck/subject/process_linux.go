package subject

import "syscall"

// endWithUs has the kernel end a process when this one ends, by whatever cause: a run
// that is killed takes its subject with it.
func endWithUs(attributes *syscall.SysProcAttr) { attributes.Pdeathsig = syscall.SIGKILL }
