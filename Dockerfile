# One image for broker, hub and demo: built JavaScript, no compiler, not root.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Scripts are not run: the image brings its own Node, and the radio's socket module belongs to the hub's installer.
RUN npm ci --ignore-scripts
COPY . .
RUN node node_modules/typescript/bin/tsc -p tsconfig.json --noEmit false --outDir dist --rewriteRelativeImportExtensions \
 && cp -r simulators/scenarios dist/simulators/ \
 && node node_modules/vite/bin/vite.js build -c gateway/visit/page/vite.config.ts --logLevel warn \
 && node node_modules/vite/bin/vite.js build -c broker/clinic/page/vite.config.ts --logLevel warn \
 && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY broker/container.json ./broker/container.json
RUN install -d -o node -g node -m 0700 /data /demo
USER node
VOLUME ["/data", "/demo"]
ENTRYPOINT ["node"]
CMD ["dist/broker/main.js", "run", "--data", "/data"]
