FROM debian:12 AS tools
USER root
CMD ["server"]
FROM tools
USER 1000
