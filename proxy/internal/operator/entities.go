package operator

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"google.golang.org/protobuf/types/known/structpb"

	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
)

// Filter says which entities are listed.
type Filter struct {
	Service, Prefix string
	// Kind and Standing are words such as "value" and "resting"; empty for any.
	Kind, Standing string
	// Stored lists those of the store, and not those in memory.
	Stored bool
	// Limit is how many at most.
	Limit int
}

// largestPage is how many entities a page has at most.
const largestPage = 1000

// List lists entities.
func (o *Operator) List(ctx context.Context, filter Filter) error {
	request := &adminv1alpha1.ListEntitiesRequest{
		Service: filter.Service, Prefix: filter.Prefix, Stored: filter.Stored,
		Kind:     adminv1alpha1.Kind(adminv1alpha1.Kind_value[enum("KIND_", filter.Kind)]),
		Standing: adminv1alpha1.Standing(adminv1alpha1.Standing_value[enum("STANDING_", filter.Standing)]),
	}
	if filter.Service != "" || filter.Stored {
		full, err := o.Service(ctx, filter.Service)
		if err != nil {
			return err
		}
		request.Service = full
	}
	all := new(adminv1alpha1.ListEntitiesResponse)
	for first := true; first || request.GetPageToken() != "" && len(all.GetEntities()) < filter.Limit; first = false {
		request.PageSize = int32(min(filter.Limit-len(all.GetEntities()), largestPage))
		page, err := within(ctx, o, o.service.ListEntities, request)
		if err != nil {
			return err
		}
		all.Entities = append(all.Entities, page.GetEntities()...)
		request.PageToken = page.GetNextPageToken()
	}
	all.NextPageToken = request.GetPageToken()
	if o.json {
		return o.print(all, true)
	}
	return o.list(all)
}

// enum is the name of an enum's value, in the words of the command line.
func enum(prefix, word string) string {
	return prefix + strings.ToUpper(strings.NewReplacer(" ", "_", "-", "_").Replace(word))
}

func (o *Operator) list(all *adminv1alpha1.ListEntitiesResponse) error {
	t := newTable(o.out, "SERVICE", "KEY", "KIND", "STANDING", "WAITING", "LAST COMMAND", "AT")
	for _, e := range all.GetEntities() {
		standing, waiting, last := "not in memory", "-", "-"
		if a := e.GetActivation(); a != nil {
			standing, waiting = plain(a.GetStanding().String(), "STANDING_"), strconv.Itoa(int(a.GetWaiting()))
			if a.GetLastCommand() != "" {
				last = safe(a.GetLastCommand())
			}
		}
		t.row(safe(e.GetService()), safe(e.GetKey()), plain(e.GetKind().String(), "KIND_"), standing, waiting, last, at(e.GetActivation().GetLastCommandTime()))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if all.GetNextPageToken() != "" {
		fmt.Fprintf(o.out, "and more: --limit lists more than %d\n", len(all.GetEntities()))
	}
	return nil
}

// Show shows one entity, and as many of its newest events.
func (o *Operator) Show(ctx context.Context, service, key string, events int) error {
	full, err := o.Service(ctx, service)
	if err != nil {
		return err
	}
	shown, err := within(ctx, o, o.service.GetEntity, &adminv1alpha1.GetEntityRequest{Service: full, Key: key})
	if err != nil {
		return err
	}
	list := new(adminv1alpha1.ListEventsResponse)
	if shown.GetJournal() != nil && events > 0 {
		if list, err = within(ctx, o, o.service.ListEvents, &adminv1alpha1.ListEventsRequest{
			Service: full, Key: key, PageSize: int32(events),
		}); err != nil {
			return err
		}
	}
	if !o.json {
		return o.show(shown, list)
	}
	if err := o.print(shown, true); err != nil || shown.GetJournal() == nil {
		return err
	}
	return o.print(list, true)
}

func (o *Operator) show(shown *adminv1alpha1.GetEntityResponse, list *adminv1alpha1.ListEventsResponse) error {
	e := shown.GetEntity()
	t := newTable(o.out)
	t.row("service", safe(e.GetService()))
	t.row("key", safe(e.GetKey()))
	t.row("kind", plain(e.GetKind().String(), "KIND_"))
	t.row("stored under", safe(shown.GetPersistenceId()))
	if a := e.GetActivation(); a != nil {
		t.row("standing", fmt.Sprintf("%s since %s", plain(a.GetStanding().String(), "STANDING_"), at(a.GetSince())))
		t.row("commands", fmt.Sprintf("%d waiting, %d outstanding", a.GetWaiting(), a.GetOutstanding()))
		if a.GetLastCommand() != "" {
			t.row("last command", fmt.Sprintf("%s at %s", safe(a.GetLastCommand()), at(a.GetLastCommandTime())))
		}
	} else {
		t.row("standing", "not in memory")
	}
	switch state := shown.GetState().(type) {
	case *adminv1alpha1.GetEntityResponse_Journal:
		t.row("last sequence", strconv.FormatInt(state.Journal.GetSequence(), 10)+deleted(state.Journal.GetDeleted()))
		if state.Journal.GetSnapshot() != nil {
			t.row("snapshot", fmt.Sprintf("after event %d: %s", state.Journal.GetSnapshotSequence(), payload(state.Journal.GetSnapshot())))
		}
	case *adminv1alpha1.GetEntityResponse_Value:
		t.row("revision", state.Value.GetRevision())
		if state.Value.GetExpires() != nil {
			t.row("expires", at(state.Value.GetExpires()))
		}
		t.row("value", payload(state.Value.GetValue()))
	case *adminv1alpha1.GetEntityResponse_Replica:
		t.row("type", state.Replica.GetType()+deleted(state.Replica.GetDeleted()))
		t.row("value", compact(state.Replica.GetValue()))
	}
	if err := t.Flush(); err != nil || len(list.GetEvents()) == 0 {
		return err
	}
	fmt.Fprintln(o.out)
	events := newTable(o.out, "SEQUENCE", "TIME", "EVENT")
	for _, event := range list.GetEvents() {
		events.row(event.GetSequence(), at(event.GetTime()), payload(event.GetPayload()))
	}
	return events.Flush()
}

func deleted(is bool) string {
	if is {
		return ", deleted for ever"
	}
	return ""
}

// payload shows in one line what a payload says, or its bytes.
func payload(p *adminv1alpha1.Payload) string {
	switch {
	case p == nil:
		return "none"
	case p.GetProblem() != "":
		return fmt.Sprintf("%s base64 %s (%s)", safe(short(p.GetTypeUrl())), base64.StdEncoding.EncodeToString(p.GetBytes()), p.GetProblem())
	default:
		return safe(short(p.GetTypeUrl())) + " " + compact(p.GetJson())
	}
}

// compact shows JSON in one line: no byte of it moves a terminal.
func compact(value *structpb.Value) string {
	var encoded strings.Builder
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value.AsInterface()); err != nil {
		return err.Error()
	}
	return escape(strings.TrimSuffix(encoded.String(), "\n"))
}

// escape writes each character of JSON that is not printed as JSON may have it.
func escape(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		}
	}
	return b.String()
}

// Passivate takes one entity out of memory.
func (o *Operator) Passivate(ctx context.Context, service, key string) error {
	full, err := o.Service(ctx, service)
	if err != nil {
		return err
	}
	done, err := within(ctx, o, o.service.Passivate, &adminv1alpha1.PassivateRequest{Service: full, Key: key})
	if err != nil || o.json {
		return o.orPrint(done, err)
	}
	fmt.Fprintf(o.out, "%s has left memory\n", safe(key))
	return nil
}

// PassivateIdle takes all entities out of memory that rest.
func (o *Operator) PassivateIdle(ctx context.Context) error {
	done, err := within(ctx, o, o.service.PassivateIdle, new(adminv1alpha1.PassivateIdleRequest))
	if err != nil || o.json {
		return o.orPrint(done, err)
	}
	fmt.Fprintf(o.out, "%d entities that rested leave memory\n", done.GetPassivated())
	return nil
}
