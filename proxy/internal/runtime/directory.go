package runtime

import (
	"hash/maphash"
	"maps"
	"slices"
	"sync"

	"github.com/stateward/stateward/proxy/internal/entity"
)

// partCount is how many parts a directory has.
const partCount = 64

// directory holds the instances by their entities. It is in parts, so that whoever goes
// through all of them holds up few commands at a time. Whoever holds the lock of a part
// takes no other lock.
type directory struct {
	seed  maphash.Seed
	parts [partCount]part
}

// part has some of the instances.
type part struct {
	mu        sync.Mutex
	closed    bool // takes no instance
	instances map[entity.ID]*instance
}

func newDirectory() *directory {
	d := &directory{seed: maphash.MakeSeed()}
	for i := range d.parts {
		d.parts[i].instances = map[entity.ID]*instance{}
	}
	return d
}

func (d *directory) part(id entity.ID) *part {
	return &d.parts[maphash.Comparable(d.seed, id)%partCount]
}

// find returns the entity's instance; nil when there is none.
func (d *directory) find(id entity.ID) *instance {
	p := d.part(id)
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.instances[id]
}

// findOrAdd returns the entity's instance, or the new one that add returns; nil when the
// directory is closed.
func (d *directory) findOrAdd(id entity.ID, add func() *instance) *instance {
	p := d.part(id)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	i := p.instances[id]
	if i == nil {
		i = add()
		p.instances[id] = i
	}
	return i
}

// remove takes the entity's instance out.
func (d *directory) remove(id entity.ID) {
	p := d.part(id)
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.instances, id)
}

// close lets no further instance in, and returns those that are there.
func (d *directory) close() []*instance {
	var all []*instance
	for n := range d.parts {
		all = append(all, d.parts[n].close()...)
	}
	return all
}

func (p *part) close() []*instance {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	return slices.Collect(maps.Values(p.instances))
}

// each calls for the instances of one part after the other, with no lock held: those
// whose entities are wanted.
func (d *directory) each(wanted func(entity.ID) bool, call func(*instance)) {
	for n := range d.parts {
		for _, i := range d.parts[n].list(wanted) {
			call(i)
		}
	}
}

func (p *part) list(wanted func(entity.ID) bool) []*instance {
	p.mu.Lock()
	defer p.mu.Unlock()
	var listed []*instance
	for id, i := range p.instances {
		if wanted(id) {
			listed = append(listed, i)
		}
	}
	return listed
}
