# The operator's image: Node and the bundle, no shell, no package manager, no node_modules.
#
#   docker build --build-arg BASE_IMAGE=<distroless nodejs24> -t alibaba-pca-issuer .
#
# BASE_IMAGE has to hold Node 24 at /nodejs/bin/node, as the distroless nodejs24 images do; pin it by digest.
ARG BUILD_IMAGE=node:24
ARG BASE_IMAGE

FROM ${BUILD_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
# Installs the dependencies of the lock file first.
RUN npm run build

FROM ${BASE_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="alibaba-pca-issuer" \
      org.opencontainers.image.description="cert-manager external issuer for Alibaba Cloud Private CA (PCA)" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# The entry point and the chunks it loads on demand, with the licences of what is bundled.
COPY --from=build /build/dist/ /app/
ENV NODE_ENV=production
USER 65532:65532
EXPOSE 8080
# A small young generation halves the memory of a process that holds many small objects, at no cost in speed.
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=4", "--max-old-space-size-percentage=60", "/app/main.js"]
