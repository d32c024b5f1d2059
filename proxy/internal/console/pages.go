package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
)

// overview shows how the proxy does.
func (c *Console) overview(ctx context.Context, _ *http.Request) (any, error) {
	response, err := c.service.GetOverview(ctx, new(adminv1alpha1.GetOverviewRequest))
	if err != nil {
		return nil, err
	}
	return struct {
		Charts []chart
		Texts  map[string]string
	}{charts(response.GetOverview()), texts(response.GetOverview())}, nil
}

// filter is what a list of entities is asked for.
type filter struct {
	Service, Prefix, Kind, Standing string
	Stored                          bool
}

// listing is the page of entities.
type listing struct {
	Filter    filter
	Services  []string
	Kinds     []string
	Standings []string
	Entities  []*adminv1alpha1.Entity
	Next      string // the address of the next page; empty where there is none
	Said      string // what an action has just done
	Hint      string
}

// entities lists those in memory, or those that are stored.
func (c *Console) entities(ctx context.Context, r *http.Request) (any, error) {
	query := r.URL.Query()
	page := listing{
		Filter: filter{
			Service: query.Get("service"), Prefix: query.Get("prefix"), Kind: query.Get("kind"), Standing: query.Get("standing"),
			Stored: query.Get("stored") == "1",
		},
		Kinds: []string{"event sourced", "value", "replicated"}, Standings: []string{"recovering", "working", "resting", "leaving"},
		Said: sayings[query.Get("said")],
	}
	var err error
	if page.Services, err = c.stateful(ctx); err != nil {
		return nil, err
	}
	if page.Filter.Stored {
		page.Filter.Standing = ""
		if page.Filter.Service == "" && len(page.Services) > 0 {
			page.Filter.Service = page.Services[0]
		}
		if page.Filter.Service == "" {
			page.Hint = "The function has not said what it serves: the store cannot be listed."
			return page, nil
		}
	}
	response, err := c.service.ListEntities(ctx, &adminv1alpha1.ListEntitiesRequest{
		Service: page.Filter.Service, Prefix: page.Filter.Prefix, Kind: kindNamed(page.Filter.Kind), Standing: standingNamed(page.Filter.Standing),
		Stored: page.Filter.Stored, PageSize: 50, PageToken: query.Get("page"),
	})
	if err != nil {
		return nil, err
	}
	page.Entities = response.GetEntities()
	if next := response.GetNextPageToken(); next != "" {
		query.Set("page", next)
		query.Del("said")
		page.Next = "/entities?" + query.Encode()
	}
	return page, nil
}

// stateful returns the names of the services whose entities have state.
func (c *Console) stateful(ctx context.Context) ([]string, error) {
	function, err := c.service.GetFunction(ctx, new(adminv1alpha1.GetFunctionRequest))
	var names []string
	for _, service := range function.GetServices() {
		if service.GetKind() != adminv1alpha1.Kind_KIND_ACTION {
			names = append(names, service.GetName())
		}
	}
	return names, err
}

// kindNamed is the inverse of kindOf; any for a name that is none.
func kindNamed(name string) adminv1alpha1.Kind {
	for number := range adminv1alpha1.Kind_name {
		if kindOf(adminv1alpha1.Kind(number)) == name {
			return adminv1alpha1.Kind(number)
		}
	}
	return 0
}

// standingNamed is the inverse of standingOf.
func standingNamed(name string) adminv1alpha1.Standing {
	for number := range adminv1alpha1.Standing_name {
		if standingOf(adminv1alpha1.Standing(number)) == name {
			return adminv1alpha1.Standing(number)
		}
	}
	return 0
}

// portrait is the page of one entity.
type portrait struct {
	*adminv1alpha1.GetEntityResponse

	Events []*adminv1alpha1.Event
	Next   string
	Said   string
}

// entity shows one entity: how it stands, its state, and its events as a timeline.
func (c *Console) entity(ctx context.Context, r *http.Request) (any, error) {
	query := r.URL.Query()
	service, key := query.Get("service"), query.Get("key")
	response, err := c.service.GetEntity(ctx, &adminv1alpha1.GetEntityRequest{Service: service, Key: key})
	if err != nil {
		return nil, err
	}
	page := portrait{GetEntityResponse: response, Said: sayings[query.Get("said")]}
	if response.GetJournal() == nil {
		return page, nil
	}
	events, err := c.service.ListEvents(ctx, &adminv1alpha1.ListEventsRequest{
		Service: service, Key: key, PageSize: 50, PageToken: query.Get("page"),
	})
	if err != nil {
		return nil, err
	}
	page.Events = events.GetEvents()
	if next := events.GetNextPageToken(); next != "" {
		page.Next = "/entity?" + url.Values{"service": {service}, "key": {key}, "page": {next}}.Encode()
	}
	return page, nil
}

// function shows what the function is, and what is wrong with it: what refuses its answer
// first.
func (c *Console) function(ctx context.Context, _ *http.Request) (any, error) {
	function, err := c.service.GetFunction(ctx, new(adminv1alpha1.GetFunctionRequest))
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(function.GetMistakes(), func(a, b *adminv1alpha1.Mistake) int {
		switch {
		case a.GetRefuses() == b.GetRefuses():
			return 0
		case a.GetRefuses():
			return -1
		default:
			return 1
		}
	})
	return function, nil
}

// parked is the page of effects.
type parked struct {
	Effects []*adminv1alpha1.Effect
	Next    string
	Said    string
}

// effects lists the durable side effects that are parked.
func (c *Console) effects(ctx context.Context, r *http.Request) (any, error) {
	query := r.URL.Query()
	response, err := c.service.ListEffects(ctx, &adminv1alpha1.ListEffectsRequest{PageSize: 50, PageToken: query.Get("page")})
	if err != nil {
		return nil, err
	}
	page := parked{Effects: response.GetEffects(), Said: sayings[query.Get("said")]}
	if next := response.GetNextPageToken(); next != "" {
		page.Next = "/effects?" + url.Values{"page": {next}}.Encode()
	}
	return page, nil
}

// store shows what the store says of itself.
func (c *Console) store(ctx context.Context, _ *http.Request) (any, error) {
	return c.service.GetStoreStats(ctx, new(adminv1alpha1.GetStoreStatsRequest))
}
