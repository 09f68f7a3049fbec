module alibaba-pca-issuer/tools/proxy

go 1.26.0

require (
	github.com/elazarl/goproxy v1.9.4
	golang.org/x/net v0.61.0
)

require golang.org/x/text v0.43.0 // indirect
