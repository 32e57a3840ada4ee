# syntax=docker/dockerfile:1
# docker build -t baton .
# docker run --rm -p 8080:8080 -v baton:/var/lib/baton --env-file baton.env baton
#
# baton.env holds at least BATON__SERVER__PUBLIC_URL, BATON__SEALING__KEY, BATON__LINKS__SECRET and an API key (README.md).

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# The caches outlive the layer, so that a changed line does not build every dependency again.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin baton \
    && cp target/release/baton /baton \
    && strip --strip-debug /baton

FROM debian:bookworm-slim
# Certificates, for Telegram and mail servers. User and group have fixed numbers, for whoever mounts a folder of the host: it must
# belong to them. The folder is theirs alone.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 baton \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/baton --no-create-home --shell /usr/sbin/nologin baton \
    && install --directory --owner=baton --group=baton --mode=0700 /var/lib/baton
COPY --from=build /baton /usr/local/bin/baton
COPY LICENSE-MIT LICENSE-APACHE /usr/share/doc/baton/

USER 10001:10001
WORKDIR /var/lib/baton
ENV BATON__SERVER__LISTEN=0.0.0.0:8080 \
    BATON__STORE__PATH=/var/lib/baton/store
VOLUME /var/lib/baton
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=4s --start-period=15s --retries=3 CMD ["baton", "health"]
ENTRYPOINT ["baton"]
CMD ["serve"]
