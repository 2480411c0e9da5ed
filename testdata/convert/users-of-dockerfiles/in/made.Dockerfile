FROM alpine:3.20
ARG UID=4242
RUN apk add curl && \
    addgroup -g 4243 app && adduser -D -G app -u $UID app
USER app
CMD ["server"]
