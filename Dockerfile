# The image for users:
#   docker build --build-arg VERSION=$(scripts/version) -t collector .
#   docker run -v likes:/data collector
# The final stage is the one of Dockerfile.prebuilt, which CI builds and runs; a
# test keeps the two equal.
FROM golang:1.26 AS build
ARG VERSION=dev
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN mkdir -p /out/data \
 && CGO_ENABLED=0 COLLECTOR_VERSION=$VERSION scripts/compile /out/collector \
 && cp /etc/ssl/certs/ca-certificates.crt /out/

FROM scratch
COPY --from=build /out/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/collector /collector
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
ENV COLLECTOR_STORE=sqlite:/data/collector.db COLLECTOR_LISTEN=:8765
EXPOSE 8765
VOLUME /data
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/collector", "healthcheck"]
ENTRYPOINT ["/collector"]
CMD []
