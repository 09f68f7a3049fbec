// Command reader tells what Go and cert-manager read in certificate requests and certificates: one JSON object per line
// in, one per line out, in that order. What Go refuses is answered with the error.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

// A question is one request or certificate; usages and isCA are those of the spec that carries a request.
type question struct {
	Kind   string   `json:"kind"`
	DER    []byte   `json:"der"`
	Usages []string `json:"usages"`
	IsCA   bool     `json:"isCA"`
}

type refusal struct {
	Refused string `json:"refused"`
}

const longestLine = 1 << 20

func main() {
	if err := answerAll(); err != nil {
		fmt.Fprintf(os.Stderr, "reader: %v\n", err)
		os.Exit(1)
	}
}

func answerAll() error {
	questions := bufio.NewScanner(os.Stdin)
	questions.Buffer(make([]byte, longestLine), longestLine)
	answers := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(answers)
	encoder.SetEscapeHTML(false)
	for questions.Scan() {
		var asked question
		if err := json.Unmarshal(questions.Bytes(), &asked); err != nil {
			return err
		}
		if err := encoder.Encode(answer(asked)); err != nil {
			return err
		}
		if err := answers.Flush(); err != nil {
			return err
		}
	}
	return questions.Err()
}

func answer(asked question) any {
	var facts any
	var err error
	switch asked.Kind {
	case "request":
		facts, err = readRequest(asked)
	case "certificate":
		facts, err = readCertificate(asked.DER)
	default:
		err = fmt.Errorf("unknown kind %q", asked.Kind)
	}
	if err != nil {
		return refusal{Refused: err.Error()}
	}
	return facts
}
