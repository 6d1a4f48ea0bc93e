# One file for both services: docker build --build-arg APP=producer .   (or worker)
# Builds with BuildKit and with the classic builder. Set a proxy as usual: --build-arg HTTPS_PROXY=…

ARG NODE_IMAGE=node:24-bookworm-slim
ARG APP=producer

# --- build: everything up to ARG APP is the same for both services, so they share its layers ---
FROM ${NODE_IMAGE} AS build
ARG PNPM_VERSION=12.21.0
RUN npm install --global --no-fund --no-audit "pnpm@${PNPM_VERSION}"
WORKDIR /src
# Only the lockfile decides what is downloaded, so code changes do not invalidate this layer.
COPY pnpm-lock.yaml pnpm-workspace.yaml ./
RUN pnpm fetch
COPY package.json tsconfig.base.json ./
COPY packages packages
COPY apps apps
RUN pnpm install --offline --frozen-lockfile && pnpm exec tsc -b apps/producer apps/worker && node packages/queue/build/embed.ts \
  && node packages/console/build/build-page.ts
ARG APP
RUN pnpm --filter "@sluice/${APP}" deploy --prod /out

# --- the runtime image: node, the program's own code, and its production dependencies. An app of one's own goes below /app, where it
# finds @sluice/queue, zod, bullmq and ioredis, and is named by SLUICE_APP: docs/app-module.md ---
FROM ${NODE_IMAGE} AS runtime
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /out ./
COPY scripts/ask-livez.sh /usr/local/bin/ask-livez
USER node
STOPSIGNAL SIGTERM
# node is process 1, so that it receives the signals.
CMD ["node", "dist/main.js"]

FROM runtime AS worker
ENV SLUICE_HEALTH_HOST=0.0.0.0 SLUICE_HEALTH_PORT=8081
EXPOSE 8081
# Liveness, as below. A worker whose loop is blocked for half a minute counts as unhealthy, too.
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["/usr/local/bin/ask-livez", "SLUICE_HEALTH_PORT"]

FROM runtime AS producer
ENV HOST=0.0.0.0 PORT=8080
EXPOSE 8080
# Liveness: it does not ask Redis, so that a Redis outage makes nobody restart this container.
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["/usr/local/bin/ask-livez", "PORT"]

FROM ${APP}
