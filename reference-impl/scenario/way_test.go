package scenario_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	cartv1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/cart/v1"
)

// way is a way on which clients reach a cart. Each call is made once; its error
// has the code of what came of it.
type way interface {
	add(ctx context.Context, user string, item item) error
	remove(ctx context.Context, user, product string) error
	get(ctx context.Context, user string) ([]item, error)
}

// item is a line of a cart, as JSON has it.
type item struct {
	Product  string `json:"productId"`
	Name     string `json:"name"`
	Quantity int32  `json:"quantity"`
}

// byGRPC is the way of the generated client.
type byGRPC struct{ conn *connection }

func (w byGRPC) add(ctx context.Context, user string, item item) error {
	_, err := w.conn.cart().AddItem(ctx, &cartv1.AddItemRequest{
		UserId: user, ProductId: item.Product, Name: item.Name, Quantity: item.Quantity,
	})
	return err
}

func (w byGRPC) remove(ctx context.Context, user, product string) error {
	_, err := w.conn.cart().RemoveItem(ctx, &cartv1.RemoveItemRequest{UserId: user, ProductId: product})
	return err
}

func (w byGRPC) get(ctx context.Context, user string) ([]item, error) {
	cart, err := w.conn.cart().GetCart(ctx, &cartv1.GetCartRequest{UserId: user})
	if err != nil {
		return nil, err
	}
	items := make([]item, 0, len(cart.GetItems()))
	for _, line := range cart.GetItems() {
		items = append(items, item{line.GetProductId(), line.GetName(), line.GetQuantity()})
	}
	return items, nil
}

// byHTTP is the way of whoever knows the routes of cart.proto, and no protobuf.
type byHTTP struct{ conn *connection }

func (w byHTTP) add(ctx context.Context, user string, item item) error {
	body, err := json.Marshal(item)
	if err != nil {
		return err
	}
	return w.call(ctx, http.MethodPost, path("carts", user, "items"), body, &struct{}{})
}

func (w byHTTP) remove(ctx context.Context, user, product string) error {
	return w.call(ctx, http.MethodDelete, path("carts", user, "items", product), nil, &struct{}{})
}

func (w byHTTP) get(ctx context.Context, user string) ([]item, error) {
	var cart struct {
		Items []item `json:"items"`
	}
	err := w.call(ctx, http.MethodGet, path("carts", user), nil, &cart)
	return cart.Items, err
}

// path is made of segments, in which anything may stand.
func path(segments ...string) string {
	var path strings.Builder
	for _, segment := range segments {
		path.WriteString("/" + url.PathEscape(segment))
	}
	return path.String()
}

// largest bounds an answer that is read.
const largest = 1 << 20

// call makes one call by HTTP, and reads its answer into the value, strictly.
func (w byHTTP) call(ctx context.Context, method, path string, body []byte, answer any) error {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+w.conn.where()+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return lost(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, largest))
	if err != nil {
		return lost(err)
	}
	if response.StatusCode != http.StatusOK {
		return refused(response.StatusCode, text)
	}
	return strictly(text, answer)
}

// lost is what becomes of a call whose connection broke.
func lost(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return status.Error(codes.DeadlineExceeded, err.Error())
	}
	return status.Error(codes.Unavailable, err.Error())
}

// refused reads the body of an answer that is none, which has to agree with its
// status (HTTP-STATUS-001).
func refused(got int, text []byte) error {
	var body struct {
		Code    codes.Code      `json:"code"`
		Message string          `json:"message"`
		Details json.RawMessage `json:"details"`
	}
	if err := strictly(text, &body); err != nil {
		return err
	}
	want := map[codes.Code]int{
		codes.InvalidArgument:  http.StatusBadRequest,
		codes.OutOfRange:       http.StatusBadRequest,
		codes.NotFound:         http.StatusNotFound,
		codes.Unavailable:      http.StatusServiceUnavailable,
		codes.DeadlineExceeded: http.StatusGatewayTimeout,
	}[body.Code]
	if got != want {
		return fmt.Errorf("answered with %d and %s", got, text)
	}
	return status.Error(body.Code, body.Message)
}

func strictly(text []byte, value any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(value); err != nil {
		return fmt.Errorf("answered with %q: %w", text, err)
	}
	return nil
}
