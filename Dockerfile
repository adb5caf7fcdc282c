FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:24-slim
ENV NODE_ENV=production CAUSEWAY_HOST=0.0.0.0 CAUSEWAY_DATA_DIR=/data
RUN mkdir /data && chown node:node /data && chmod 700 /data
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY bin ./bin
COPY src ./src
USER node
VOLUME /data
EXPOSE 8080
# The check talks to this container alone, so the certificate's name does not matter.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["node", "-e", "const tls = process.env.CAUSEWAY_TLS_CERT; if (tls) process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; fetch(`http${tls ? 's' : ''}://127.0.0.1:${process.env.CAUSEWAY_PORT || 8080}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1));"]
# A small heap: a quarter less memory for some per cent of CPU (docs/performance.md).
CMD ["node", "--max-semi-space-size=4", "--heap-growing-percent=60", "src/main.ts"]
