FROM debian:12
USER 1001:1002
CMD ["server"]
