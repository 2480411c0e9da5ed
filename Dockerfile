# A static binary in an empty image: docker build -t kustompose .
# Run it on a project: docker run --rm -u "$(id -u):$(id -g)" -v "$PWD:/project" kustompose convert
FROM rust:1.95-alpine AS build
RUN apk add --no-cache build-base
WORKDIR /source
COPY . .
RUN cargo build --release --locked && cp target/release/kustompose /kustompose

FROM scratch
COPY --from=build /kustompose /kustompose
WORKDIR /project
ENTRYPOINT ["/kustompose"]
