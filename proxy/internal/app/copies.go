package app

import (
	"net/http"
	"path/filepath"
	"time"

	"github.com/stateward/stateward/proxy/internal/storetool"
)

// openCopies makes what gives the store away, as an archive.
func (p *proxy) openCopies() error {
	directory := ""
	if p.config.Store == StorePebble {
		absolute, err := filepath.Abs(p.config.Data)
		if err != nil {
			return err
		}
		directory = absolute
	}
	p.copies = storetool.NewHandler(storetool.Handler{
		Store: p.store, Kind: p.config.Store, Version: p.config.Version, Directory: directory,
		Clock: time.Now, Log: p.config.Log,
	})
	return nil
}

// addCopies adds it to the pages behind the door.
func (p *proxy) addCopies(inside *http.ServeMux) { inside.Handle(storetool.ExportPath, p.copies) }
