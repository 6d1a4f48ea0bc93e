import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type FinalState,
  type HistoryFile,
  openHistory,
  readHistory,
  replayTransactions,
  startTestServer,
  type TestServer,
  type TransactionReport,
} from '@sluice/testing';
import { expect } from 'vitest';
import { storedQueueName } from './bound-queue.ts';
import type { BoundRunOptions } from './bound-run-options.ts';
import { ProcessGroup } from './process-group.ts';
import { readFinalState } from './final-state.ts';
import { Processes } from './processes.ts';
import { idsOf } from './program-options.ts';

/** What is known after a run whose every put was answered and whose queue is empty again. */
export interface BoundRun {
  history: HistoryFile;
  finalState: FinalState;
  report: TransactionReport;
  /** Every id that was to be put. */
  ids: string[];
}

/** Runs producers and workers against a small queue, kills some, waits for the end, and reads what Redis did. */
export async function runBound(options: BoundRunOptions): Promise<BoundRun> {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'sluice-bound-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  // Always a server of this machine: its append-only log is read afterwards.
  const server = stack.use(await startTestServer());
  const historyFile = join(dir, 'history.ndjson');
  const own = stack.use(openHistory(historyFile));
  const processes = stack.use(new Processes(own));

  const group = new ProcessGroup(processes, { ...options, url: server.url, historyFile });
  const play = async (): Promise<FinalState> => {
    group.start();
    await Promise.all([group.killProducers(), group.killWorkers(), disturbInTheMiddle(group, options, server)]);
    await group.producersDone();
    const state = await untilEmpty(server, options.timeoutMs);
    await group.endWorkers();
    return state;
  };
  const finalState = await Promise.race([play(), processes.crashed]);

  return {
    history: readHistory(historyFile),
    finalState,
    report: await replayTransactions(server.dataDir ?? '', { storedName: storedQueueName }),
    ids: allIds(options),
  };
}

async function disturbInTheMiddle(group: ProcessGroup, options: BoundRunOptions, server: TestServer): Promise<void> {
  if (options.disturb === undefined) return;
  await group.untilAnswered(0.5);
  await options.disturb(server);
}

async function untilEmpty(server: TestServer, timeout: number): Promise<FinalState> {
  const client = await server.client();
  try {
    const unfinished = async (): Promise<string[]> => (await readFinalState(client)).unfinished;
    await expect.poll(unfinished, { timeout, interval: 50 }).toEqual([]);
    return await readFinalState(client);
  } finally {
    client.disconnect();
  }
}

function allIds({ processes, producersEach, jobsPerProducer }: BoundRunOptions): string[] {
  return Array.from({ length: processes }, (_, member) =>
    Array.from({ length: producersEach }, (_, index) => idsOf(`member${member}`, index, jobsPerProducer)).flat(),
  ).flat();
}
