package port

import "golang.org/x/net/http2"

// handle acts on a frame of net/http's.
func (in *inner) handle(f *frame, bytes []byte) {
	v := in.visits
	switch f.kind {
	case http2.FrameSettings:
		if !f.isAck() {
			in.settle(f)
		}
	case http2.FramePing:
		if !f.isAck() {
			in.out = appendFrame(in.out, http2.FramePing, http2.FlagPingAck, 0, f.payload())
			in.poke()
		}
	case http2.FrameGoAway:
		in.leave()
		in.refuse(f.number())
	case http2.FrameWindowUpdate:
		in.widen(f.stream, f.number(), bytes)
	case http2.FrameHeaders:
		in.answer(f, bytes)
	case http2.FrameData, http2.FrameRSTStream:
		if v.streams[f.stream] == nil {
			in.written(int64(in.counted(f))) // the client has cancelled it
			return
		}
		v.guests.add(unit{bytes: bytes, data: int64(in.counted(f)), from: in})
		in.ended(f)
	default:
	}
}

// counted is what a frame counts against windows.
func (in *inner) counted(f *frame) int {
	if f.kind == http2.FrameData {
		return f.length
	}
	return 0
}

// settle takes what net/http has set.
func (in *inner) settle(f *frame) {
	v := in.visits
	f.settings(func(id http2.SettingID, value uint32) {
		switch id {
		case http2.SettingMaxConcurrentStreams:
			in.most = value
		case http2.SettingInitialWindowSize:
			change := int64(value) - in.initial
			in.initial = int64(value)
			for _, g := range v.streams {
				if g.inner == in {
					g.window += change
				}
			}
		default:
		}
	})
	in.out = appendFrame(in.out, http2.FrameSettings, http2.FlagSettingsAck, 0, nil)
	in.poke()
	in.drain()
}

// widen takes what net/http allows of one guest, or of all.
func (in *inner) widen(stream, n uint32, bytes []byte) {
	v := in.visits
	if stream == 0 {
		in.window += int64(n)
		in.drain()
		return
	}
	g := v.streams[stream]
	if g == nil {
		return
	}
	g.window += int64(n)
	// The client has what net/http has more or less of the same window, and what is
	// between them waits here.
	v.urge(bytes)
	_ = v.drain(stream, g) // cannot be too much: it was allowed
	v.giveBack(0)
}

// drain gives net/http what it now takes of all guests.
func (in *inner) drain() {
	v := in.visits
	for stream, g := range v.streams {
		if g.inner == in && len(g.queue) > 0 {
			_ = v.drain(stream, g) // as in widen
		}
	}
	v.giveBack(0)
}

// answer passes a guest's header block on, so that it changes no table.
func (in *inner) answer(f *frame, bytes []byte) {
	v := in.visits
	if v.streams[f.stream] == nil {
		return
	}
	_, block, err := wholeBlock(bytes, f)
	if err != nil {
		return // it is net/http's, and right
	}
	block = append(v.table.begin(), withoutResize(block)...)
	v.guests.add(unit{bytes: appendBlock(nil, f.stream, block, f.ends()), from: in})
	in.ended(f)
}

// ended notes the end of net/http's side of a guest.
func (in *inner) ended(f *frame) {
	v := in.visits
	g := v.streams[f.stream]
	switch {
	case f.kind == http2.FrameRSTStream:
		v.remove(f.stream)
	case f.ends():
		if g.served = true; g.sent && len(g.queue) == 0 {
			v.remove(f.stream)
		}
	default:
	}
}

// leave takes no new guests.
func (in *inner) leave() {
	in.leaving = true
	if in.visits.current == in {
		in.visits.current = nil
	}
}

// refuse lets the client try again what net/http has not taken before its goodbye.
func (in *inner) refuse(after uint32) {
	for stream, g := range in.visits.streams {
		if g.inner == in && stream > after {
			in.abort(stream, http2.ErrCodeRefusedStream)
		}
	}
	in.visits.poke()
}

// abort ends a guest in net/http's place.
func (in *inner) abort(stream uint32, code http2.ErrCode) {
	in.visits.guests.add(unit{bytes: appendNumber(nil, http2.FrameRSTStream, stream, uint32(code)), from: in})
	in.visits.remove(stream)
}

// end ends what net/http has not ended.
func (in *inner) end() {
	v := in.visits
	in.leave()
	delete(v.inners, in)
	code := http2.ErrCodeInternal
	if !in.taken {
		code = http2.ErrCodeRefusedStream
	}
	for stream, g := range v.streams {
		if g.inner == in {
			in.abort(stream, code)
		}
	}
	v.poke()
}
