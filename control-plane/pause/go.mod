module alibaba-pca-issuer/pause

go 1.26.0
