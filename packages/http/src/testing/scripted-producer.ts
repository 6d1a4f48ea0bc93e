import {
  defineQueue,
  type FindOptions,
  type FlowNode,
  type FlowReceipt,
  type JobContract,
  type PutFlowOptions,
  type QueueDefinition,
  type JobSnapshot,
  type PutOptions,
  type QueueEventListener,
  type QueueEventsPage,
  type QueueStats,
  type Receipt,
} from '@sluice/queue';
import { fetchUrl } from '@sluice/shared';
import type { JobQueueClient, ServedQueue } from '../routes/served-queues.ts';

/** One put that reached the producer. */
export interface SeenPut {
  method: 'put' | 'tryPut';
  job: string;
  payload: unknown;
  options: PutOptions;
}

/** A producer for tests: it answers as its script says and records what it was asked. */
export class ScriptedProducer implements JobQueueClient {
  readonly seen: SeenPut[] = [];
  readonly waitingPuts = 0;
  readonly seenFlows: { flow: FlowNode; options: PutFlowOptions }[] = [];
  /** What the next puts answer. */
  onPut: (put: SeenPut) => Promise<Receipt> = async ({ options }) => receiptOf({ id: options.id ?? 'generated' });
  onPutFlow: (flow: FlowNode) => Promise<FlowReceipt> = async (flow) => flowReceiptOf(flow);
  onFind: (id: string, options: FindOptions) => Promise<JobSnapshot | null> = async () => null;
  onStats: () => Promise<QueueStats> = async () => statsOf({});

  async put(contract: JobContract, payload: unknown, options: PutOptions = {}): Promise<Receipt> {
    return this.#answer({ method: 'put', job: contract.name, payload, options });
  }

  async tryPut(contract: JobContract, payload: unknown, options: PutOptions = {}): Promise<Receipt> {
    return this.#answer({ method: 'tryPut', job: contract.name, payload, options });
  }

  async putFlow(flow: FlowNode, options: PutFlowOptions = {}): Promise<FlowReceipt> {
    this.seenFlows.push({ flow, options });
    return this.onPutFlow(flow);
  }

  find(id: string, options: FindOptions = {}): Promise<JobSnapshot | null> {
    return this.onFind(id, options);
  }

  stats(): Promise<QueueStats> {
    return this.onStats();
  }

  /** What follows its events. */
  readonly followers = new Set<QueueEventListener>();
  onEventsAfter: (cursor: string) => QueueEventsPage = () => ({ events: [], isWhole: true, isMore: false });

  async follow(listener: QueueEventListener): Promise<{ cursor: string; stop: () => void }> {
    this.followers.add(listener);
    return { cursor: '5-0', stop: () => void this.followers.delete(listener) };
  }

  async eventsAfter(cursor: string): Promise<QueueEventsPage> {
    return this.onEventsAfter(cursor);
  }

  on(): () => void {
    return () => undefined;
  }

  #answer(put: SeenPut): Promise<Receipt> {
    this.seen.push(put);
    return this.onPut(put);
  }
}

export function receiptOf(fields: Partial<Receipt>): Receipt {
  return { id: 'a', job: 'http.fetch', status: 'created', depth: 1, capacity: 50, waitedMs: 0, ...fields };
}

/** Of a flow of one queue. */
export function flowReceiptOf({ job, options: { id = 'generated', children = [] } }: FlowNode): FlowReceipt {
  return { ...receiptOf({ id, job: job.name }), queue: 'fetches', children: children.map(flowReceiptOf) };
}

export function statsOf(fields: Partial<QueueStats>): QueueStats {
  return {
    depth: 0,
    capacity: 50,
    capacityFrom: { source: 'definition', revision: 1, sinceMs: null },
    waiting: 0,
    prioritized: 0,
    delayed: 0,
    active: 0,
    waitingChildren: 0,
    unserved: 0,
    completed: 0,
    dead: 0,
    dropped: 0,
    over: 0,
    waitingPuts: 0,
    waiters: { producers: 0, puts: 0 },
    pools: 0,
    sealed: false,
    paused: false,
    events: 'all',
    oldestMs: null,
    drainPerSecond: null,
    ...fields,
  };
}

/** The queue `fetches` behind a scripted producer. */
export function scriptedQueue(
  producer: JobQueueClient,
  queue: QueueDefinition = defineQueue({ name: 'fetches', jobs: [fetchUrl], capacity: 50 }),
): ServedQueue {
  return { queue, producer };
}

/** A job that waits. */
export function snapshotOf(fields: Partial<JobSnapshot>): JobSnapshot {
  const times = { createdAt: 1, startedAt: null, endedAt: null };
  return { id: 'a', job: 'http.fetch', state: 'waiting', attempts: 0, progress: null, ...times, ...fields };
}
