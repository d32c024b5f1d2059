// Package operator asks a running proxy's admin service, and shows the answers on a
// terminal, or as JSON for programs.
package operator

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
	"github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1/adminv1alpha1connect"
)

// Times of a call.
const (
	callTime = 30 * time.Second
	dialTime = 5 * time.Second
)

// Operator asks one proxy. It is for one goroutine.
type Operator struct {
	address string
	service adminv1alpha1connect.AdminServiceClient
	out     io.Writer
	json    bool
}

// New returns one who asks the proxy whose admin port is at the address, HOST:PORT, and
// writes the answers to out; as JSON where asJSON says so. Secured is the TLS of the port;
// nil where it has none.
func New(address string, secured *tls.Config, out io.Writer, asJSON bool) *Operator {
	client := &http.Client{Transport: &http.Transport{
		DialContext:       (&net.Dialer{Timeout: dialTime}).DialContext,
		TLSClientConfig:   secured,
		DisableKeepAlives: true, // One command makes a few calls, and ends.
	}}
	scheme := "http://"
	if secured != nil {
		scheme = "https://"
	}
	return &Operator{
		address: address, out: out, json: asJSON,
		service: adminv1alpha1connect.NewAdminServiceClient(client, scheme+address),
	}
}

// explain tells what an error means to whoever has typed the command.
func (o *Operator) explain(err error) error {
	code := connect.CodeOf(err)
	text := err.Error()
	if known, is := errors.AsType[*connect.Error](err); is {
		text = known.Message()
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("nothing listens on %s: is the proxy running? --admin says where its admin port is", o.address)
	case code == connect.CodeUnimplemented:
		return fmt.Errorf("what listens on %s is no admin port of a proxy of this version: --admin says where that is", o.address)
	case !connect.IsWireError(err) && code != connect.CodeCanceled && code != connect.CodeDeadlineExceeded:
		return fmt.Errorf("%s does not answer as an admin port does (%s): --admin says where that is", o.address, text)
	default:
		return errors.New(text)
	}
}

// within calls the proxy, within the time of a call.
func within[Request, Response any](
	ctx context.Context, o *Operator, call func(context.Context, *Request) (*Response, error), request *Request,
) (*Response, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	response, err := call(ctx, request)
	if err != nil {
		return nil, o.explain(err)
	}
	return response, nil
}

// print writes a message as JSON, always in the same way; over several lines where it
// stands alone.
func (o *Operator) print(message proto.Message, alone bool) error {
	encoded, err := protojson.Marshal(message)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if alone {
		err = json.Indent(&text, encoded, "", "  ")
	} else {
		err = json.Compact(&text, encoded)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(o.out, text.String())
	return err
}

// Service returns the full name of the service that is meant: by its full name, by the end
// of it, or by none where there is one alone whose entities have state.
func (o *Operator) Service(ctx context.Context, name string) (string, error) {
	function, err := within(ctx, o, o.service.GetFunction, new(adminv1alpha1.GetFunctionRequest))
	if err != nil {
		return "", err
	}
	var fits, all []string
	for _, service := range function.GetServices() {
		if service.GetKind() == adminv1alpha1.Kind_KIND_ACTION {
			continue
		}
		all = append(all, service.GetName())
		if full := service.GetName(); name == "" || full == name || strings.HasSuffix(full, "."+name) {
			fits = append(fits, full)
		}
	}
	switch {
	case len(fits) == 1:
		return fits[0], nil
	case len(all) == 0:
		return "", errors.New("the proxy knows of no service whose entities have state: has it a function?")
	case name == "" || len(fits) > 1:
		return "", fmt.Errorf("say of which service with --service: %s", strings.Join(all, ", "))
	default:
		return "", fmt.Errorf("no service is called %q: there are %s", name, strings.Join(all, ", "))
	}
}
