# The operator's image: Node and the bundle, no shell, no package manager, no node_modules.
#
#   docker build -t REGISTRY/alibaba-pca-issuer:0.1.0 .
#   docker buildx build --platform linux/amd64,linux/arm64 -t REGISTRY/alibaba-pca-issuer:0.1.0 --push .
#
# BUILD_IMAGE has to hold npm. BASE_IMAGE has to hold Node 24.11 or newer at /nodejs/bin/node, as the distroless
# nodejs24 images do. Both are indexes of several platforms, by digest: a tag would be another image tomorrow.
ARG BUILD_IMAGE=node:24.21.0-trixie-slim@sha256:173f125896c3b47ddf056734c7ea789d04595a6a08769a8f78e0df642781fb66
ARG BASE_IMAGE=gcr.io/distroless/nodejs24-debian13:nonroot@sha256:9eeb7f5887d0e239e78264b06f7f11d2e14be534050481803a9e4728fcdd278e

# The bundle is the same for every architecture, so it is built on that of the builder.
FROM --platform=${BUILDPLATFORM} ${BUILD_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc tsconfig.json ./
COPY scripts ./scripts
COPY simulator ./simulator
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
# Half of the threads resolve names, of which silent DNS servers hold some for long.
ENV UV_THREADPOOL_SIZE=64
# One heap of the C library: each thread's own would keep what OpenSSL gives back.
ENV MALLOC_ARENA_MAX=1
# What is larger than this goes back when it is freed: compilers leave holes of megabytes in the heap of the C library.
ENV MALLOC_MMAP_THRESHOLD_=32768
# In the first line of the log.
ENV IMAGE_REVISION=${REVISION}
USER 65532:65532
EXPOSE 8080
# A small young generation saves 30 MiB for a tenth of the processor time; a heap that may grow by more than V8's tenth before all
# of it is collected saves as much time for 10 MiB.
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=4", "--heap-growing-percent=60", "--max-old-space-size-percentage=60", "/app/main.js"]
