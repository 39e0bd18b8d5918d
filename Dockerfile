# fencepost as an image: docs/docker.md says how it is built and run. An ordinary user suffices in it.
FROM debian:bookworm-slim AS build

RUN apt-get update \
 && apt-get install -y --no-install-recommends make
COPY . /src
WORKDIR /src
RUN scripts/dependencies build \
 && make \
 && make install PREFIX=/usr DESTDIR=/image

FROM debian:bookworm-slim

RUN apt-get update \
 && apt-get install -y --no-install-recommends etcd-server iproute2 gnuplot-nox \
    libcjson1 libconfuse2 libcurl4 libmicrohttpd12 libmnl0 libnetfilter-queue1 libnftables1 \
    libnftnl11 libpcap0.8 libseccomp2 libsqlite3-0 libzstd1 zlib1g \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --home-dir /data fencepost
COPY --from=build /image/ /

# Runs go to /data/runs. Other etcds (--etcd 3.5.16) are fetched into /tmp, which anybody may write to.
ENV XDG_CACHE_HOME=/tmp
WORKDIR /data
USER fencepost
ENTRYPOINT ["fencepost"]
CMD ["run"]
