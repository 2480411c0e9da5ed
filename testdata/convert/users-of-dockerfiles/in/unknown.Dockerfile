FROM example/base:1
USER someone
CMD ["server"]
