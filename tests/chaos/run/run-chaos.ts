import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type HistoryFile, openHistory, readHistory } from '@sluice/testing/history';
import { type QueueLog, readQueueLog } from '@sluice/testing/queue-log';
import { startTestServer, type TestServer } from '@sluice/testing/servers';
import { replayTransactions, type TransactionReport } from '@sluice/testing/transactions';
import { makePlan, type PlannedFault, type PlanOptions, processNames } from '../plan/make-plan.ts';
import { watchedQueue } from '../programs/chaos-queue.ts';
import { carryOutPlan } from './carry-out-plan.ts';
import { type Leftovers, readLeftovers, untilEmpty } from './leftovers.ts';
import { ManagedProcess, type ManagedProcessOptions } from './managed-process.ts';

export interface ChaosOptions extends PlanOptions {
  /** The folder for the history. */
  dir: string;
  signal: AbortSignal;
  onProgress: (line: string) => void;
}

/** The records of a run. */
export interface ChaosRun {
  plan: readonly PlannedFault[];
  history: HistoryFile;
  queueLog: QueueLog;
  report: TransactionReport;
  leftovers: Leftovers;
  /** Processes that ended by themselves, with an error. */
  crashes: string[];
}

/** How long producers may take to end their puts: the longest wait for capacity, an outage, and a margin. */
const finishWithinMs = 45_000;

/** Runs producers and workers against a Redis, injects the faults of the plan, heals everything, and reads the records. */
export async function runChaos(options: ChaosOptions): Promise<ChaosRun> {
  const { dir, signal, onProgress } = options;
  const plan = makePlan(options);
  await using stack = new AsyncDisposableStack();
  await mkdir(dir, { recursive: true });
  const server = stack.use(await startTestServer({ config: { appendfsync: 'always' } }));
  const historyFile = join(dir, 'history.ndjson');
  const history = stack.use(openHistory(historyFile));
  const crashes: string[] = [];
  const shared = {
    seed: options.seed,
    redisUrl: server.url,
    historyFile,
    history,
    onCrash: (s: string) => crashes.push(s),
  };
  const { producers, workers, operators } = await startProcesses(options, shared, stack);
  const processes = new Map([...producers, ...workers, ...operators].map((managed) => [managed.name, managed]));

  const onFault = ({ atMs, kind, target }: PlannedFault): void =>
    onProgress(`${(atMs / 1_000).toFixed(1).padStart(6)} s  ${kind} ${target}`);
  await carryOutPlan({ plan, history, server, processes, signal, onFault });
  onProgress('all faults are over; waiting until the queue is empty');
  await Promise.all(operators.map((managed) => managed.finish(finishWithinMs)));
  await Promise.all(producers.map((managed) => managed.finish(finishWithinMs)));
  await untilEmpty(server, signal);
  await Promise.all(workers.map((managed) => managed.exit(finishWithinMs)));
  return { plan, crashes, leftovers: await readLeftovers(server), ...(await readTraces(server, historyFile)) };
}

type SharedProcessOptions = Omit<ManagedProcessOptions, 'name' | 'program'>;

async function startProcesses(
  options: ChaosOptions,
  shared: SharedProcessOptions,
  stack: AsyncDisposableStack,
): Promise<Record<'producers' | 'workers' | 'operators', ManagedProcess[]>> {
  const names = processNames(options);
  const take = (program: ManagedProcessOptions['program']) => async (name: string) =>
    stack.use(await ManagedProcess.start({ ...shared, name, program }));
  return {
    workers: await Promise.all(names.workers.map(take('worker-program'))),
    producers: await Promise.all(names.producers.map(take('producer-program'))),
    operators: await Promise.all(names.operators.map(take('operator-program'))),
  };
}

async function readTraces(
  server: TestServer,
  historyFile: string,
): Promise<Pick<ChaosRun, 'history' | 'queueLog' | 'report'>> {
  const dataDir = server.dataDir ?? '';
  return {
    history: readHistory(historyFile),
    queueLog: await readQueueLog(dataDir, watchedQueue),
    report: await replayTransactions(dataDir, watchedQueue),
  };
}
