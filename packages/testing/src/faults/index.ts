export { flakyProxy, type FlakyProxy } from './flaky-proxy.ts';
export type { CommandMatch, HeldCommand } from './held-command.ts';
export { heldProxy, type HeldProxy } from './held-proxy.ts';
export { killWorker, type ProcessEnd } from './kill-worker.ts';
export { pauseRedis } from './pause-redis.ts';
export { restartRedis } from './restart-redis.ts';
export { scriptedSentinel, type ScriptedSentinel } from './scripted-sentinel.ts';
