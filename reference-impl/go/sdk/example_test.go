package sdk_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/stateward/stateward/reference-impl/go/sdk"
)

// A whole program.
func ExampleMain() { //nolint:testableexamples // it serves until a signal comes
	os.Exit(sdk.Main(sdk.Config{
		Name:     "shopping-cart",
		Version:  "1.0.0",
		Entities: []sdk.Entity{another("shopping-cart")},
	}))
}

// A function within a program of one's own.
func ExampleFunction_Serve() {
	function, err := sdk.New(sdk.Config{
		Name: "shopping-cart", Version: "1.0.0",
		Entities:   []sdk.Entity{another("shopping-cart")},
		StopWithin: time.Minute,
	})
	if err != nil {
		fmt.Println(err) // every mistake in the definitions
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	stop() // no command is at hand
	fmt.Println("stopped in order:", function.Serve(ctx, listener) == nil)
	// Output: stopped in order: true
}

// A handler refuses a command by an error with a code, which its caller gets.
func ExampleErrorf() {
	err := sdk.Errorf(codes.NotFound, "no product %q", "apple")
	failure := sdk.Failure(7, fmt.Errorf("shopping: %w", err))
	fmt.Println(failure.GetCommandId(), codes.Code(failure.GetCode()), failure.GetDescription())
	// Output: 7 NotFound shopping: no product "apple"
}

// What a function needs has gone, and comes back.
func ExampleHealth() {
	health := sdk.NewHealth()
	config := sdk.Config{Name: "shopping-cart", Version: "1.0.0", Entities: []sdk.Entity{another("shopping-cart")}, Health: health}
	health.NotServing("the price list is not loaded") // commands are refused meanwhile
	health.Serving()
	_, err := sdk.New(config)
	fmt.Println("mistakes:", err)
	// Output: mistakes: <nil>
}
