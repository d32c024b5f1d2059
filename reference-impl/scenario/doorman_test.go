package scenario_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	presencev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/presence/v1"
)

// fate is where somebody must be.
type fate string

// Where somebody must be; either is said of somebody whose coming or going was
// not answered.
const (
	inside  fate = "inside"
	outside fate = "outside"
	either  fate = "either"
)

// guest is somebody who has entered a room, or tried to.
type guest struct {
	fate fate
	// write is when what led to the fate was asked for and answered: a local write.
	write span
	// leave ends the open call by which the guest is in the room, and over is
	// closed when it has ended; nil when there is none.
	leave context.CancelFunc
	over  chan struct{}
}

// doorman lets guests in and out of one room after the other, into which nobody
// else lets anyone.
type doorman struct {
	house  *site
	name   string
	random *rand.Rand

	rooms  int // the last of which is open
	number int // of the last guest
	guests map[string]*guest
	tally  tally
}

func newDoorman(house *site, name string, random *rand.Rand) *doorman {
	return &doorman{house: house, name: name, random: random, guests: map[string]*guest{}}
}

// hall is the open room.
func (d *doorman) hall() *hall { return d.room(d.rooms) }

func (d *doorman) room(number int) *hall {
	return &hall{house: d.house, room: fmt.Sprintf("room %d of %s", number, d.name)}
}

// step lets somebody in or out, looks who is there, or closes the room.
func (d *doorman) step(ctx context.Context) error {
	switch next := d.random.IntN(40); {
	case next == 0:
		return d.named(d.close(ctx))
	case next < 10:
		return d.check(ctx)
	case next < 25:
		return d.named(d.letIn(ctx))
	default:
		return d.named(d.letOut(ctx))
	}
}

// letIn lets a new guest in, who stays as long as the call is open.
func (d *doorman) letIn(ctx context.Context) error {
	d.number++
	name := fmt.Sprint("guest ", d.number)
	calling, leave := context.WithCancel(context.WithoutCancel(ctx))
	entering := &guest{fate: either, write: span{from: time.Now()}}
	d.guests[name] = entering
	impatient := time.AfterFunc(attemptTime, leave)
	call, err := d.house.conn.presence().Join(calling, &presencev1.JoinRequest{RoomId: d.hall().room, Person: name})
	var told *presencev1.JoinResponse
	if err == nil {
		told, err = call.Recv()
	}
	switch inTime := impatient.Stop(); {
	case !inTime || explained(err):
		leave()
		d.tally.unanswered++
		return nil
	case err == nil && !slices.Contains(told.GetPeople(), name):
		err = fmt.Errorf("%s is told of %v", name, told.GetPeople())
	}
	if err != nil {
		leave()
		return err
	}
	entering.fate, entering.write.to = inside, time.Now()
	entering.leave, entering.over = leave, make(chan struct{})
	d.tally.acknowledged++
	go func() { // Ends with the call, which leave ends.
		defer close(entering.over)
		for err == nil {
			_, err = call.Recv()
		}
	}()
	return nil
}

// letOut ends the call of the guest who came first, and waits until the room is
// without them. A call that has ended before has let nobody out.
func (d *doorman) letOut(ctx context.Context) error {
	name, leaving := d.first()
	if leaving == nil {
		return nil
	}
	came := leaving.write.from
	select {
	case <-leaving.over:
		leaving.end()
		if !d.house.past.disturbed(came) {
			return fmt.Errorf("the call of %s has ended by itself", name)
		}
		return nil
	default:
	}
	leaving.fate, leaving.write = either, span{from: time.Now()}
	leaving.end()
	for time.Since(leaving.write.from) < attemptTime {
		people, err := d.hall().people(ctx)
		if err != nil {
			return err
		}
		if !slices.Contains(people, name) {
			leaving.fate, leaving.write.to = outside, time.Now()
			d.tally.acknowledged++
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	if !d.house.past.disturbed(came) { // by which the call had ended, and nobody left
		return fmt.Errorf("%s has left, and is still there", name)
	}
	d.tally.unanswered++
	return nil
}

// first returns the guest who came first of those whose call is open.
func (d *doorman) first() (name string, first *guest) {
	for candidate, guest := range d.guests {
		if guest.leave != nil && (first == nil || guest.write.from.Before(first.write.from)) {
			name, first = candidate, guest
		}
	}
	return name, first
}

// end ends the guest's call.
func (g *guest) end() {
	if g.leave != nil {
		g.leave()
		<-g.over
		g.leave = nil
	}
}

// close closes the room for ever, which most proxies then know, and goes on with
// another. It takes no local write for that.
func (d *doorman) close(ctx context.Context) error {
	err := eventually(ctx, d.hall().close)
	if err != nil && status.Code(err) != codes.NotFound { // an earlier attempt has closed it
		return err
	}
	d.tally.acknowledged++
	for _, guest := range d.guests {
		guest.end()
	}
	d.guests = map[string]*guest{}
	d.rooms++
	return nil
}

// check looks who is in the room, and compares with who must be.
func (d *doorman) check(ctx context.Context) error {
	people, err := d.hall().people(ctx)
	if err != nil {
		return d.named(err)
	}
	for _, name := range people {
		if d.guests[name] == nil {
			return d.named(fmt.Errorf("%s is there, and has never been let in", name))
		}
	}
	for name, guest := range d.guests {
		is := outside
		if slices.Contains(people, name) {
			is = inside
		}
		if guest.fate == either || guest.fate == is {
			continue
		}
		age, excused := d.house.past.excuses(guest.write)
		if !excused {
			return d.named(fmt.Errorf("%s is %s, and must be %s since %v", name, is, guest.fate, guest.write.to))
		}
		guest.fate = is
		d.tally.local++
		d.tally.oldest = max(d.tally.oldest, age)
	}
	return nil
}

// finish looks into the closed rooms too, and ends the calls that are open.
func (d *doorman) finish(ctx context.Context) error {
	defer func() {
		for _, guest := range d.guests {
			guest.end()
		}
	}()
	if err := d.check(ctx); err != nil {
		return err
	}
	for number := range d.rooms {
		if people, err := d.room(number).people(ctx); status.Code(err) != codes.NotFound {
			return d.named(fmt.Errorf("room %d was closed, and is not: %v, %w", number, people, err))
		}
	}
	return nil
}

func (d *doorman) count() tally { return d.tally }

func (d *doorman) named(err error) error {
	if err != nil {
		return fmt.Errorf("room %d of %s: %w", d.rooms, d.name, err)
	}
	return nil
}
