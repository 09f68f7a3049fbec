// Command proxy is an HTTP proxy for tests: elazarl/goproxy, which writes a line of JSON for every CONNECT and every request
// that it forwards. As "proxy no-proxy" it says what Go's own reading of NO_PROXY takes past a proxy: it reads JSON objects
// {"noProxy", "url"} from standard input and prints true or false for each.
package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/elazarl/goproxy"
	"golang.org/x/net/http/httpproxy"
)

func main() {
	run := serve
	if len(os.Args) > 1 && os.Args[1] == "no-proxy" {
		run = func() error { return judge(os.Stdin, os.Stdout) }
	}
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "proxy: %v\n", err)
		os.Exit(1)
	}
}

// told is one line of output.
type told struct {
	Listening string `json:"listening,omitempty"`
	Method    string `json:"method,omitempty"`
	Host      string `json:"host,omitempty"`
	Status    int    `json:"status,omitempty"`
}

func serve() error {
	user := flag.String("user", "", "user:password that is asked for")
	certificate := flag.String("certificate", "", "PEM file with certificate and key; then the proxy itself speaks TLS")
	deny := flag.String("deny", "", "host:port that is refused")
	resolve := map[string]string{}
	flag.Func("resolve", "host:port=address:port, any number of times", func(text string) error {
		name, address, found := strings.Cut(text, "=")
		if !found {
			return errors.New("there is no = in it")
		}
		resolve[name] = address
		return nil
	})
	flag.Parse()

	var lines sync.Mutex
	output := json.NewEncoder(os.Stdout)
	tell := func(line told) {
		lines.Lock()
		defer lines.Unlock()
		_ = output.Encode(line)
	}
	proxy := goproxy.NewProxyHttpServer()
	dial := func(network, address string) (net.Conn, error) {
		if other, found := resolve[address]; found {
			address = other
		}
		return net.Dial(network, address)
	}
	proxy.ConnectDial = dial
	proxy.Tr = &http.Transport{Dial: dial}
	refusal := func(request *http.Request, host string) *http.Response {
		wanted := "Basic " + base64.StdEncoding.EncodeToString([]byte(*user))
		status := http.StatusOK
		switch {
		case *user != "" && request.Header.Get("Proxy-Authorization") != wanted:
			status = http.StatusProxyAuthRequired
		case host == *deny:
			status = http.StatusForbidden
		}
		tell(told{Method: request.Method, Host: host, Status: status})
		if status == http.StatusOK {
			return nil
		}
		return goproxy.NewResponse(request, goproxy.ContentTypeText, status, "")
	}
	proxy.OnRequest().HandleConnectFunc(func(host string, context *goproxy.ProxyCtx) (*goproxy.ConnectAction, string) {
		if context.Resp = refusal(context.Req, host); context.Resp != nil {
			return goproxy.RejectConnect, host
		}
		return goproxy.OkConnect, host
	})
	proxy.OnRequest().DoFunc(func(request *http.Request, _ *goproxy.ProxyCtx) (*http.Request, *http.Response) {
		return request, refusal(request, request.URL.Host)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	tell(told{Listening: listener.Addr().String()})
	if *certificate != "" {
		return http.ServeTLS(listener, proxy, *certificate, *certificate)
	}
	return http.Serve(listener, proxy)
}

func judge(in io.Reader, out io.Writer) error {
	decoder := json.NewDecoder(in)
	for {
		var asked struct{ NoProxy, URL string }
		if err := decoder.Decode(&asked); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		called, err := url.Parse(asked.URL)
		if err != nil {
			return err
		}
		const server = "http://proxy:3128"
		config := httpproxy.Config{HTTPProxy: server, HTTPSProxy: server, NoProxy: asked.NoProxy}
		through, err := config.ProxyFunc()(called)
		if err != nil {
			return err
		}
		fmt.Fprintln(out, through == nil)
	}
}
