// Command health judges Kubernetes objects as GitOps tools do: by kstatus, the library that Flux and kpt wait with, and by a
// health check of Argo CD, a Lua script that is run by the interpreter that Argo CD has. It reads JSON objects from standard
// input, one after the other, and prints both verdicts about each on a line, such as "InProgress Progressing".
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func main() {
	if err := judge(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "health: %v\n", err)
		os.Exit(1)
	}
}

func judge(in io.Reader, out io.Writer) error {
	if len(os.Args) != 2 {
		return errors.New("the one argument is the file with the Lua script")
	}
	script, err := os.ReadFile(os.Args[1])
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(in)
	for {
		var raw json.RawMessage
		if err := decoder.Decode(&raw); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		// The library expects whole numbers as int64, as a client of the API server has them.
		object := &unstructured.Unstructured{}
		if err := object.UnmarshalJSON(raw); err != nil {
			return err
		}
		result, err := status.Compute(object)
		if err != nil {
			return err
		}
		health, err := argoHealth(string(script), object.Object)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s %s\n", result.Status, health)
	}
}

// argoHealth runs the script with the object in `obj`, as Argo CD does; it returns a table with `status`.
func argoHealth(script string, object map[string]any) (string, error) {
	state := lua.NewState()
	defer state.Close()
	state.SetGlobal("obj", luaValue(state, object))
	if err := state.DoString(script); err != nil {
		return "", err
	}
	table, isTable := state.Get(-1).(*lua.LTable)
	if !isTable {
		return "", errors.New("the script returned no table")
	}
	return table.RawGetString("status").String(), nil
}

func luaValue(state *lua.LState, value any) lua.LValue {
	switch value := value.(type) {
	case map[string]any:
		table := state.NewTable()
		for name, member := range value {
			table.RawSetString(name, luaValue(state, member))
		}
		return table
	case []any:
		table := state.NewTable()
		for _, item := range value {
			table.Append(luaValue(state, item))
		}
		return table
	case string:
		return lua.LString(value)
	case bool:
		return lua.LBool(value)
	case int64:
		return lua.LNumber(value)
	case float64:
		return lua.LNumber(value)
	}
	return lua.LNil
}
