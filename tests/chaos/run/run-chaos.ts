import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type HistoryFile, openHistory, readHistory } from '@sluice/testing/history';
import { type Ledger, readLedger } from '@sluice/testing/ledger';
import { startTestServer, type TestServer } from '@sluice/testing/servers';
import { replayTransactions, type TransactionReport } from '@sluice/testing/transactions';
import { makePlan, type PlannedFault, type PlanOptions, seatsOf } from '../plan/make-plan.ts';
import { watchedQueue } from '../programs/chaos-queue.ts';
import { carryOutPlan } from './carry-out-plan.ts';
import { type Leftovers, readLeftovers, untilCalm } from './leftovers.ts';
import { ManagedProcess, type ManagedProcessOptions } from './managed-process.ts';

export interface ChaosOptions extends PlanOptions {
  /** Where the history is kept. */
  dir: string;
  signal: AbortSignal;
  onProgress: (line: string) => void;
}

/** Everything that is known of a run when it is over. */
export interface ChaosRun {
  plan: readonly PlannedFault[];
  history: HistoryFile;
  ledger: Ledger;
  report: TransactionReport;
  leftovers: Leftovers;
  /** Processes that ended by themselves, with an error. */
  crashes: string[];
}

/** How long producers may take for what they have begun: the longest wait for capacity, an outage, and some more. */
const finishWithinMs = 45_000;

/** Lets producers and workers run against a Redis, does to them what the plan says, heals everything, and looks. */
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
  const { producers, workers } = await startProcesses(options, shared, stack);
  const processes = new Map([...producers, ...workers].map((managed) => [managed.name, managed]));

  const onFault = ({ atMs, kind, target }: PlannedFault): void =>
    onProgress(`${(atMs / 1_000).toFixed(1).padStart(6)} s  ${kind} ${target}`);
  await carryOutPlan({ plan, history, server, processes, signal, onFault });
  onProgress('everything is healed; the queue drains');
  await Promise.all(producers.map((managed) => managed.finish(finishWithinMs)));
  await untilCalm(server, signal);
  await Promise.all(workers.map((managed) => managed.exit(finishWithinMs)));
  return { plan, crashes, leftovers: await readLeftovers(server), ...(await readTraces(server, historyFile)) };
}

type SharedSeatOptions = Omit<ManagedProcessOptions, 'name' | 'program'>;

async function startProcesses(
  options: ChaosOptions,
  shared: SharedSeatOptions,
  stack: AsyncDisposableStack,
): Promise<{ producers: ManagedProcess[]; workers: ManagedProcess[] }> {
  const names = seatsOf(options);
  const take = (program: ManagedProcessOptions['program']) => async (name: string) =>
    stack.use(await ManagedProcess.start({ ...shared, name, program }));
  return {
    workers: await Promise.all(names.workers.map(take('worker-program'))),
    producers: await Promise.all(names.producers.map(take('producer-program'))),
  };
}

async function readTraces(
  server: TestServer,
  historyFile: string,
): Promise<Pick<ChaosRun, 'history' | 'ledger' | 'report'>> {
  const dataDir = server.dataDir ?? '';
  return {
    history: readHistory(historyFile),
    ledger: await readLedger(dataDir, watchedQueue),
    report: await replayTransactions(dataDir, watchedQueue),
  };
}
