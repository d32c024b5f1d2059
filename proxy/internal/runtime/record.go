package runtime

import (
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/answer"
	"github.com/stateward/stateward/proxy/internal/store"
)

// beside returns what is stored with a change: the record of a keyed command's answer,
// and the durable side effects.
func (a *activation) beside(effect entity.Persist) store.Beside {
	c := a.find(effect.Command)
	if c == nil {
		return store.Beside{}
	}
	var beside store.Beside
	if effect.Answer != nil {
		beside.Records = []store.Record{{
			Key:     c.command.Key,
			Command: c.asked.name,
			Digest:  c.asked.digest,
			Answer:  answer.Encode(*effect.Answer),
		}}
	}
	if effects := a.runtime.config.Effects; effects != nil && len(effect.Durable) > 0 {
		beside.Effects = effects(a.id, c.command, effect.Durable)
		for _, stored := range beside.Effects {
			c.stored = append(c.stored, stored.ID)
		}
	}
	return beside
}
