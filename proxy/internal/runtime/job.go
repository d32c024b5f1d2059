package runtime

// job is what a worker does for one entity: it serves the instance, or stores the changes
// of the activation. One leads to the other on the same goroutine, where nothing else
// waits for it: that spares the way over another one. The zero job is nothing.
type job struct {
	serves *instance
	stores *activation
}

// step does the first of it, and returns what follows.
func (j job) step() job {
	if j.stores != nil {
		return j.stores.write()
	}
	return j.serves.run()
}

// work has a worker do the job.
func (r *Runtime) work(j job) {
	r.running.Add(1)
	r.workers.run(j)
}

// do does the job to its end.
func (r *Runtime) do(j job) {
	defer r.running.Done()
	for j != (job{}) {
		j = j.step()
	}
}
