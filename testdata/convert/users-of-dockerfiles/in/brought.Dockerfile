FROM docker.io/library/node:20
USER node
CMD ["node", "."]
