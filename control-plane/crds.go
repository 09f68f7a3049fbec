package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// printCertManagerCRDs writes cert-manager's resource definitions as one stream of YAML documents. The files lie next to
// the binary: go:embed cannot reach another module's files, so the build copies them from the module it links.
func printCertManagerCRDs([]string) int {
	binary, err := os.Executable()
	if err != nil {
		return fail("cert-manager-crds", err)
	}
	pattern := filepath.Join(filepath.Dir(binary), "crds", certManagerCRDFiles)
	files, err := filepath.Glob(pattern)
	if err != nil {
		return fail("cert-manager-crds", err)
	}
	if len(files) == 0 {
		return fail("cert-manager-crds", errors.New("nothing matches "+pattern+": build the program with the driver"))
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return fail("cert-manager-crds", err)
		}
		fmt.Printf("---\n%s\n", withoutTemplates(content))
	}
	return 0
}

// Older files are templates of a chart: what is computed in them are labels alone.
func withoutTemplates(content []byte) string {
	lines := strings.Split(string(content), "\n")
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return strings.Contains(line, "{{") }), "\n")
}
