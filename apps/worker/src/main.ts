import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { createLogger, exitCodeOf, exitCodes, parseConfig } from '@sluice/service';
import { hideCredentials } from '@sluice/queue/logging';
import { shippedQueue } from '@sluice/shared';
import { workerConfig, type WorkerConfig } from './config.ts';
import { withHealthServer } from './health-server.ts';
import { leaveOnFault, supervise } from './supervise.ts';
import { createWorker, version } from './worker.ts';

/** Between the end of a drain's time and the end of the process: the handlers' grace, and the last settles. */
const SETTLE_MARGIN_MS = 8_000;
const ORPHAN_MAX_MS = 3_000;

/** Reads the configuration, runs the worker, and gives the exit code. */
async function main(): Promise<number> {
  try {
    return await run(parseConfig(workerConfig, process.env));
  } catch (error) {
    const exitCode = exitCodeOf(error);
    process.stderr.write(`worker: ${hideCredentials(describe(error, exitCode))}\n`);
    return exitCode;
  }
}

async function run(config: WorkerConfig): Promise<number> {
  const log = createLogger({ name: 'worker', level: config.logLevel });
  leaveOnFault(process, log);
  log.info({ version, pid: process.pid, config }, 'starting');
  const worker = createWorker(config, log);
  const { healthPort: port, healthHost: host } = config;
  return supervise(port === undefined ? worker : withHealthServer(worker, { port, host, log }), {
    host: process,
    log,
    drainMaxMs: config.drainMs + longestGraceMs(config) + SETTLE_MARGIN_MS,
    orphanMaxMs: ORPHAN_MAX_MS,
  });
}

function longestGraceMs(config: WorkerConfig): number {
  return Math.max(...shippedQueue(config).jobs.map(({ graceMs }) => graceMs));
}

/** What the operator can repair needs no stack; a fault does. */
function describe(error: unknown, exitCode: number): string {
  if (!(error instanceof Error)) return String(error);
  return exitCode === exitCodes.failed ? (error.stack ?? error.message) : error.message;
}

// Node gives up each address of a name but the last after 250 ms, which is too little for a Redis or a proxy that is far or busy.
setDefaultAutoSelectFamilyAttemptTimeout(2_500);

// Not left to the event loop: an IPC channel, or a connection that will not close, would hold the process.
process.exit(await main());
