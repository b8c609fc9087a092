# syntax=docker/dockerfile:1
FROM rust:1-bookworm AS build
WORKDIR /source
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/source/target \
    cargo build --release --locked --bin meoktong && cp target/release/meoktong /usr/local/bin/meoktong

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin meoktong \
    && install -d -o meoktong -g meoktong -m 0700 /data
COPY --from=build /usr/local/bin/meoktong /usr/local/bin/meoktong
COPY deploy/docker/meoktong.toml /etc/meoktong/meoktong.toml
USER 10001:10001
VOLUME /data
EXPOSE 8787
ENV MEOKTONG_DATA_DIR=/data MEOKTONG_CONFIG=/etc/meoktong/meoktong.toml
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["/usr/local/bin/meoktong", "doctor", "--alive"]
ENTRYPOINT ["/usr/local/bin/meoktong"]
CMD ["run", "--log-format", "json"]
