// Command roundtrip takes vectors of a function's incoming messages through the
// generated code: JSON to bytes, and bytes back to the same message.
//
//	go run . vectors/eventsourced/handle_request.json
package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	// The vectors hold some of google.protobuf's messages.
	_ "google.golang.org/protobuf/types/known/wrapperspb"

	eventsourcedv1 "example.com/library/gen/stateward/eventsourced/v1"
)

type vector struct {
	Name string          `json:"name"`
	Rule string          `json:"rule"`
	JSON json.RawMessage `json:"json"`
	Hex  string          `json:"hex"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("name a file of vectors")
	}
	text, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	var file struct {
		Vectors []vector `json:"vectors"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return err
	}
	done := 0
	for _, v := range file.Vectors {
		if v.Rule != "both ways" {
			continue
		}
		if err := roundTrip(v); err != nil {
			return fmt.Errorf("%s: %w", v.Name, err)
		}
		done++
	}
	if done == 0 {
		return fmt.Errorf("%s has no vector that holds both ways", args[0])
	}
	fmt.Printf("go: %d vectors, both ways\n", done)
	return nil
}

func roundTrip(v vector) error {
	var fromJSON, fromHex eventsourcedv1.HandleRequest
	if err := protojson.Unmarshal(v.JSON, &fromJSON); err != nil {
		return err
	}
	encoded, err := proto.Marshal(&fromJSON)
	if err != nil {
		return err
	}
	if got := hex.EncodeToString(encoded); got != v.Hex {
		return fmt.Errorf("encoded %s, want %s", got, v.Hex)
	}
	if err := proto.Unmarshal(encoded, &fromHex); err != nil {
		return err
	}
	if !proto.Equal(&fromHex, &fromJSON) {
		return fmt.Errorf("decoded %v, want %v", &fromHex, &fromJSON)
	}
	return nil
}
