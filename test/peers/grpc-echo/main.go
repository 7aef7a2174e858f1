// Answers test.Echo (test/fixtures/grpc/echo.proto) with gRPC's own server for Go, without looking into a message: the backend of the gRPC benches.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// What scripts/peers/table.ts pins: raise both when this file changes.
const version = "1.0.0"

// asBytes hands messages on as they came.
type asBytes struct{}

func (asBytes) Name() string { return "proto" }

func (asBytes) Marshal(message any) ([]byte, error) { return *message.(*[]byte), nil }

func (asBytes) Unmarshal(data []byte, message any) error {
	*message.(*[]byte) = append([]byte(nil), data...)
	return nil
}

// echo answers Unary with its message, Repeat with so many of it, Collect with the last one, and Chat with each as it comes.
func echo(repeat int) grpc.StreamHandler {
	return func(_ any, stream grpc.ServerStream) error {
		path, _ := grpc.MethodFromServerStream(stream)
		switch method := path[strings.LastIndex(path, "/")+1:]; method {
		case "Unary":
			return answer(stream, 1)
		case "Repeat":
			return answer(stream, repeat)
		case "Collect":
			last, err := receive(stream, func([]byte) error { return nil })
			if err != nil {
				return err
			}
			return stream.SendMsg(&last)
		case "Chat":
			_, err := receive(stream, func(message []byte) error { return stream.SendMsg(&message) })
			return err
		default:
			return status.Errorf(codes.Unimplemented, "no method %s: Unary, Repeat, Collect and Chat are here", path)
		}
	}
}

// answer reads one message and sends it so many times.
func answer(stream grpc.ServerStream, times int) error {
	var message []byte
	if err := stream.RecvMsg(&message); err != nil {
		return err
	}
	for range times {
		if err := stream.SendMsg(&message); err != nil {
			return err
		}
	}
	return nil
}

// receive hands each message on and returns the last one.
func receive(stream grpc.ServerStream, on func([]byte) error) ([]byte, error) {
	var last []byte
	for {
		var message []byte
		switch err := stream.RecvMsg(&message); {
		case errors.Is(err, io.EOF):
			return last, nil
		case err != nil:
			return nil, err
		}
		last = message
		if err := on(message); err != nil {
			return nil, err
		}
	}
}

func main() {
	repeat := flag.Int("repeat", 1, "how many messages Repeat answers")
	tell := flag.Bool("version", false, "print the version and end")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: grpc-echo [-repeat N] HOST:PORT...")
		flag.PrintDefaults()
	}
	flag.Parse()
	if *tell {
		fmt.Println("grpc-echo", version)
		return
	}
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	ended := make(chan error)
	for _, address := range flag.Args() {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			fail(err)
		}
		server := grpc.NewServer(grpc.ForceServerCodec(asBytes{}), grpc.UnknownServiceHandler(echo(*repeat)))
		go func() { ended <- server.Serve(listener) }()
	}
	fail(<-ended)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "grpc-echo:", err)
	os.Exit(1)
}
