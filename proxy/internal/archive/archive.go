// Package archive is the file, or stream, in which all of a store travels from one
// backend to another, or waits for the day when it is needed. FORMAT.md describes it.
package archive

import (
	"errors"
	"time"
)

// What is wrong with an archive that is not read to its end.
var (
	// ErrForeign says that it is something else.
	ErrForeign = errors.New("this is no archive of a store")
	// ErrNewer says that a newer program has written it.
	ErrNewer = errors.New("the archive is newer than this program")
	// ErrTruncated says that it ends before its end.
	ErrTruncated = errors.New("the archive is cut short")
	// ErrDamaged says that its bytes are not what was written.
	ErrDamaged = errors.New("the archive is damaged")
	// ErrFailed says that whoever wrote it could not go on, and has said why.
	ErrFailed = errors.New("the copy failed where it was made")
)

// About says where an archive comes from. It is for people.
type About struct {
	// Taken is when the copy was begun.
	Taken time.Time
	// Program is the version of the program, and Store the kind of the store.
	Program, Store string
}

const (
	// magic is how an archive begins: no text does, and one that was taken for a text
	// and changed on the way is found out.
	magic = "\x89SWAR\r\n\x1a"
	// version is what this program writes, and the newest that it reads.
	version = 1
	// maxBody is the size of the largest body, in bytes: what a store takes as one
	// write, and as much again for what is said of it.
	maxBody = 128 << 20
	// maxWindow bounds how much of what came before a compressed archive refers to, in
	// bytes, and with it the memory that it takes to read.
	maxWindow = 8 << 20
)

// How the frames are written.
const (
	plain      = 0
	compressed = 1 // by zstd
)

// The types of frames: those of items, and four of the archive's own.
const (
	frameAbout    = 0x01
	frameEnd      = 0x02
	frameFailure  = 0x03
	frameStart    = 0x10
	frameKind     = 0x11
	frameEvent    = 0x12
	frameSnapshot = 0x13
	frameDeletion = 0x14
	framePurge    = 0x15
	frameValue    = 0x16
	frameRecord   = 0x17
	frameEffect   = 0x18
	frameCopy     = 0x19
	frameDamage   = 0x1a
)
