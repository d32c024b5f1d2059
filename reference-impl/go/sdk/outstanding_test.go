package sdk

import "testing"

// CORE-CANCEL-004: in whatever order a command is read, begun, cancelled and
// answered, its own cancel ends it, if it comes in time, and no other does.
func TestOutstanding(t *testing.T) {
	t.Parallel()
	type step struct {
		do string
		id int64
	}
	for name, c := range map[string]struct {
		steps []step
		want  []int64 // whose context is ended, in order
	}{
		"while it runs":             {[]step{{"arrive", 1}, {"begin", 1}, {"cancel", 1}, {"end", 1}}, []int64{1}},
		"before it begins":          {[]step{{"arrive", 1}, {"cancel", 1}, {"begin", 1}, {"end", 1}}, []int64{1}},
		"once it is answered":       {[]step{{"arrive", 1}, {"begin", 1}, {"end", 1}, {"cancel", 1}}, nil},
		"before it has come":        {[]step{{"cancel", 1}, {"arrive", 1}, {"begin", 1}, {"end", 1}}, nil},
		"of another":                {[]step{{"arrive", 1}, {"begin", 1}, {"cancel", 2}, {"cancel", 0}, {"end", 1}}, nil},
		"of the one read behind it": {[]step{{"arrive", 1}, {"begin", 1}, {"arrive", 2}, {"cancel", 2}, {"end", 1}, {"begin", 2}}, []int64{2}},
		"of the one before":         {[]step{{"arrive", 1}, {"begin", 1}, {"arrive", 2}, {"cancel", 1}, {"end", 1}, {"begin", 2}}, []int64{1}},
		"answered, and its id used again": {
			[]step{{"arrive", 1}, {"begin", 1}, {"end", 1}, {"cancel", 1}, {"arrive", 1}, {"begin", 1}}, nil,
		},
		"never begun, and its id used again": {[]step{{"arrive", 1}, {"cancel", 1}, {"arrive", 1}, {"begin", 1}}, nil},
	} {
		commands, ended := &outstanding{}, []int64(nil)
		for _, s := range c.steps {
			switch s.do {
			case "arrive":
				commands.arrive(s.id)
			case "begin":
				commands.begin(s.id, func() { ended = append(ended, s.id) })
			case "cancel":
				commands.giveUp(s.id)
			case "end":
				commands.end()
			}
		}
		if len(ended) != len(c.want) || len(ended) > 0 && ended[0] != c.want[0] {
			t.Errorf("a cancel %s ends %v, not %v", name, ended, c.want)
		}
	}
}
