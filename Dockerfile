# syntax=docker/dockerfile:1
# The engine in an image: built with the very scripts that build it elsewhere. Build it at the root of the checkout:
#   docker build -t interviewer .                       the engine with its weights
#   docker build -t interviewer:bare --target bare .    without: mount them at /models (interviewer models fetch makes them)

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# For any processor of the architecture, not only for the one that happens to build.
ENV GGML_NATIVE=OFF
RUN scripts/build --yes && install -D target/release/interviewer /out/interviewer

FROM build AS weights
RUN MODELS_DIR=/models /out/interviewer models fetch --set default

FROM debian:bookworm-slim AS bare
# libstdc++6 is all that whisper.cpp and the ONNX runtime link. Debian stable's packages change for security only: pinned
# ones would keep the holes.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libstdc++6 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data interviewer \
    && install -d -o interviewer -g interviewer -m 0700 /data \
    && install -d /models
COPY --from=build /out/interviewer /usr/local/bin/interviewer
COPY --from=build /src/guides /usr/local/share/interviewer/guides
# By number: orchestrators check that it is not root without looking it up.
USER 10001
WORKDIR /data
ENV API_HOST=0.0.0.0 DATA_DIR=/data MODELS_DIR=/models
VOLUME ["/data"]
EXPOSE 8000 49152-49251/udp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["interviewer", "health"]
ENTRYPOINT ["interviewer"]
CMD ["serve"]

FROM bare AS engine
COPY --from=weights /models /models
