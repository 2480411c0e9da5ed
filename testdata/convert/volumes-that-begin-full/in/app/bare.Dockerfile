FROM gcr.io/distroless/nodejs20
WORKDIR /srv
COPY . .
CMD ["index.js"]
