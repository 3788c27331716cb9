# Build: docker build -t huitoukan .
# Run: see "Run it for good" in README.md; the file system may be read-only but for one volume.
FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY . .
RUN cargo build --locked --profile dist \
    && mkdir /state

FROM debian:bookworm-slim
# Reads PDFs, Chinese ones too; the only thing that is installed.
RUN apt-get update -q \
    && apt-get install -qy --no-install-recommends poppler-utils poppler-data \
    && rm -rf /var/lib/apt/lists/*
# Certificate authorities are read from here; time zones are inside the program.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /build/target/dist/huitoukan /usr/local/bin/huitoukan
COPY --from=build --chown=10001:10001 --chmod=0700 /state /var/lib/huitoukan
USER 10001:10001
WORKDIR /var/lib/huitoukan
VOLUME /var/lib/huitoukan
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=1m --timeout=10s --start-period=10m --retries=3 \
    CMD ["huitoukan", "--config", "/etc/huitoukan", "health"]
ENTRYPOINT ["huitoukan", "--config", "/etc/huitoukan"]
CMD ["run"]
