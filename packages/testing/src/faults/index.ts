export { flakyProxy, type FlakyProxy } from './flaky-proxy.ts';
export { killWorker, type ProcessEnd } from './kill-worker.ts';
export { pauseRedis } from './pause-redis.ts';
export { restartRedis } from './restart-redis.ts';
