# An image for each program: docker build --target gateway . and likewise auth, employee, customer, order, and crm, which is all in one.

# The list of what is in an image has the crates too, which only Cargo.lock tells of.
ARG BUILDKIT_SBOM_SCAN_CONTEXT=true

FROM rust:1.95.0-slim-trixie AS chef
# With cargo-chef the dependencies are a layer of their own. Unlike cache mounts, layers can be kept elsewhere, as CI must.
RUN cargo install --locked --version 0.1.78 cargo-chef
WORKDIR /crm

FROM chef AS recipe
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS build
# Relocations take a hundredth of the room in this form, which C libraries since glibc 2.36 read.
ENV RUSTFLAGS="-Clink-arg=-Wl,-z,pack-relative-relocs"
COPY --from=recipe /crm/recipe.json .
RUN cargo chef cook --profile dist --locked -p gateway -p auth -p employee -p customer -p order -p standalone
COPY . .
RUN cargo build --profile dist --locked -p gateway -p auth -p employee -p customer -p order -p standalone

# The C library and the certificates of authorities; no shell. The image that has libgcc too has OpenSSL and libstdc++, which nothing here needs.
FROM gcr.io/distroless/base-nossl-debian13:nonroot AS base
COPY --from=chef /usr/lib/*-linux-gnu/libgcc_s.so.1 /usr/lib/
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.source="https://github.com/alva-clean/crm" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
USER 65532:65532

FROM base AS gateway
LABEL org.opencontainers.image.title="gateway" \
      org.opencontainers.image.description="The GraphQL gateway of the Alva Clean CRM"
COPY --from=build /crm/target/dist/gateway /usr/local/bin/
ENV GATEWAY__HTTP__ADDRESS=0.0.0.0 GATEWAY__TELEMETRY__METRICS_ADDRESS=0.0.0.0
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["gateway", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/gateway"]

FROM base AS auth
LABEL org.opencontainers.image.title="auth" \
      org.opencontainers.image.description="The auth service of the Alva Clean CRM"
COPY --from=build /crm/target/dist/auth /usr/local/bin/
ENV AUTH__GRPC__ADDRESS=0.0.0.0 AUTH__TELEMETRY__METRICS_ADDRESS=0.0.0.0
EXPOSE 50051
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["auth", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/auth"]

FROM base AS employee
LABEL org.opencontainers.image.title="employee" \
      org.opencontainers.image.description="The employee service of the Alva Clean CRM"
COPY --from=build /crm/target/dist/employee /usr/local/bin/
ENV EMPLOYEE__GRPC__ADDRESS=0.0.0.0 EMPLOYEE__TELEMETRY__METRICS_ADDRESS=0.0.0.0
EXPOSE 50052
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["employee", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/employee"]

FROM base AS customer
LABEL org.opencontainers.image.title="customer" \
      org.opencontainers.image.description="The customer service of the Alva Clean CRM"
COPY --from=build /crm/target/dist/customer /usr/local/bin/
ENV CUSTOMER__GRPC__ADDRESS=0.0.0.0 CUSTOMER__TELEMETRY__METRICS_ADDRESS=0.0.0.0
EXPOSE 50053
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["customer", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/customer"]

FROM base AS order
LABEL org.opencontainers.image.title="order" \
      org.opencontainers.image.description="The order service of the Alva Clean CRM"
COPY --from=build /crm/target/dist/order /usr/local/bin/
ENV ORDER__GRPC__ADDRESS=0.0.0.0 ORDER__TELEMETRY__METRICS_ADDRESS=0.0.0.0
EXPOSE 50054
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["order", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/order"]

FROM base AS crm
LABEL org.opencontainers.image.title="crm" \
      org.opencontainers.image.description="The Alva Clean CRM in one process"
COPY --from=build /crm/target/dist/crm /usr/local/bin/
ENV CRM__GATEWAY__HTTP__ADDRESS=0.0.0.0 \
    CRM__AUTH__GRPC__ADDRESS=0.0.0.0 \
    CRM__EMPLOYEE__GRPC__ADDRESS=0.0.0.0 \
    CRM__CUSTOMER__GRPC__ADDRESS=0.0.0.0 \
    CRM__ORDER__GRPC__ADDRESS=0.0.0.0 \
    CRM__TELEMETRY__METRICS_ADDRESS=0.0.0.0
EXPOSE 8080 50051-50054
# Made for the user above, who owns it in a new volume too.
WORKDIR /var/lib/crm
VOLUME /var/lib/crm
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["crm", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/crm"]
CMD ["serve", "--data", "/var/lib/crm"]
