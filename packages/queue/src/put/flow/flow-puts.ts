import type { QueueDefinition } from '../../job/contracts/queue-policy.ts';
import { DefinitionError, PutConflictError, QueueFullError } from '../../job/errors/index.ts';
import { isServing, currentService } from '../../job/served-queue.ts';
import type { AdmissionReply } from '../../store/admission/admission.ts';
import { queueNameOf } from '../../store/admission/admission-keys.ts';
import { AdmissionClient, type AdmissionClientDeps } from '../../store/admission/admission-client.ts';
import { refusalOf } from '../../store/admission/admission-refusal.ts';
import { isOutOfMemory } from '../../store/connection/redis-errors.ts';
import { pause } from '../../job/pause.ts';
import type { Receipt } from '../pending-put.ts';
import { PollPace } from '../poll-pace.ts';
import { type ProducerEmitter, putOutcomeOf } from '../producer-events.ts';
import { putFailure } from '../put-results.ts';
import type { PreparedFlow, PreparedNode } from './prepare-flow.ts';

/** What a flow was answered with: the receipt of its root, and those of the jobs that it waits for. */
export interface FlowReceipt<Name extends string = string> extends Receipt<Name> {
  /** The name of the queue that the job is in. */
  queue: string;
  /** Those of the jobs that it waits for, in their order. */
  children: FlowReceipt[];
}

type FlowClientDeps = Omit<AdmissionClientDeps<FlowCandidate>, 'callOf' | 'maySend'>;

export interface FlowPutsDeps extends FlowClientDeps {
  /** Whether wake-ups from Redis arrive. */
  readonly isWoken: () => boolean;
  readonly events: ProducerEmitter;
  /** Called when flows start and stop waiting for a wake-up from Redis. */
  readonly onWaiting: (waiting: boolean) => void;
}

/** One job of a flow on its way. They are sent together. */
interface FlowCandidate {
  readonly node: PreparedNode;
  readonly mayGo: () => boolean;
  sent: boolean;
}

export interface FlowWait {
  readonly waitMs: number;
  /** Each of them calls the flow off, unless Redis may be adding it. */
  readonly signals: readonly AbortSignal[];
}

/**
 * Puts flows: each is one call of the admission script, which adds all of its jobs or none. A flow of one queue that finds no
 * capacity holds a ticket for all of its jobs, and those behind it do not overtake. A flow over several queues cannot: a ticket is
 * one of one queue. It asks again from time to time.
 */
export class FlowPuts {
  readonly #deps: FlowPutsDeps;
  readonly #admission: AdmissionClient<FlowCandidate>;
  readonly #waiting = new Set<() => void>();
  #opened = 0;

  constructor(deps: FlowPutsDeps) {
    this.#deps = deps;
    const ofFlows = `${deps.producer}-flows`; // its answers are kept apart from those to puts
    this.#admission = new AdmissionClient<FlowCandidate>({
      ...deps,
      producer: ofFlows,
      callOf: ({ node }) => node.call,
      maySend: ({ mayGo }) => mayGo(),
    });
  }

  get replyKeys(): string[] {
    return this.#admission.replyKeys;
  }

  /** There may be free capacity. */
  wake(): void {
    for (const look of this.#waiting) look();
  }

  async put(flow: PreparedFlow, wait: FlowWait): Promise<FlowReceipt> {
    try {
      const receipt = await this.#put(flow, wait);
      this.#emit(receipt);
      return receipt;
    } catch (error) {
      const { id, job, queue } = flow.root;
      const waitedMs = error instanceof QueueFullError ? error.waitedMs : 0;
      const outcome = putOutcomeOf(
        error,
        wait.signals.find(({ aborted }) => aborted),
      );
      this.#deps.events.emit('put', { id, job, queue: queue.name, outcome, waitedMs });
      throw error;
    }
  }

  /** Each of its jobs was put. */
  #emit({ id, job, queue, status, waitedMs, children }: FlowReceipt): void {
    this.#deps.events.emit('put', { id, job, queue, outcome: status, waitedMs });
    for (const child of children) this.#emit(child);
  }

  async #put(flow: PreparedFlow, { waitMs, signals }: FlowWait): Promise<FlowReceipt> {
    if ((await this.#deps.backend.client).isCluster) {
      refuseSeveralNodes(flow);
    }
    this.#opened += 1;
    const mayWait = waitMs > 0 && currentService() === undefined && !isServing(this.#deps.queue);
    const ticket = mayWait && flow.capacities.size === 1 ? `${this.#deps.producer}:f${this.#opened}` : undefined;
    const since = performance.now();
    const until = mayWait ? since + waitMs : since;
    const pace = new PollPace();
    let holds = false;
    let arrival: string | undefined;
    try {
      for (;;) {
        for (const signal of signals) signal.throwIfAborted();
        const { reply, full } = await this.#ask(
          flow,
          signals,
          ticket === undefined ? ticket : { name: ticket, arrival },
        );
        if (!full) return receiptOf(flow, reply, waitedMsOf(since, holds));
        holds = true;
        arrival = reply?.arrival;
        if (performance.now() >= until || full.reason === 'never-fits' || full.reason === 'too-many-waiters') {
          throw asOwn(full, flow, mayWait && full.reason !== 'never-fits' ? waitedMsOf(since, true) : 0);
        }
        pace.saw({ found: false, ahead: reply?.ahead ?? 0 });
        await this.#pause(Math.min(pace.nextMs(this.#deps.isWoken()), until - performance.now() + 1), signals);
      }
    } finally {
      if (ticket && holds) await this.#admission.leave(ticket);
    }
  }

  /** @throws why nothing was added, but for a queue that is full: that is an answer */
  async #ask(
    flow: PreparedFlow,
    signals: readonly AbortSignal[],
    ticket: { name: string; arrival: string | undefined } | undefined,
  ): Promise<{ reply: AdmissionReply | undefined; full?: QueueFullError }> {
    const { queue, connection } = this.#deps;
    const mayGo = (): boolean => signals.every(({ aborted }) => !aborted);
    const candidates = flow.nodes.map((node) => ({ node, mayGo, sent: false }));
    let reply: AdmissionReply | undefined;
    try {
      const { releases, capacities } = flow;
      const whole = { mode: 'all', isFlow: true, releases, capacities } as const;
      ({ reply } = await this.#admission.admit(candidates, ticket, whole));
    } catch (error) {
      if (!isOutOfMemory(error))
        throw putFailure(error, { queue: queue.name, id: flow.root.id, host: connection.host });
      return { reply: undefined, full: memoryFull(queue) };
    }
    if (!reply) for (const signal of signals) signal.throwIfAborted();
    if (!reply) throw new TypeError('a flow was not sent');
    const taken = reply.answers.findIndex(({ decision }) => decision === 'conflict');
    const node = flow.nodes[taken];
    if (node) throw new PutConflictError(node.queue.name, node.id);
    if (reply.answers.some(({ decision }) => decision === 'too-many-waiters')) {
      return { reply, full: tooMany(queue, reply) };
    }
    const refusal = refusalOf(
      flow.nodes.map(({ call }) => call),
      reply,
    );
    if (!refusal) return { reply };
    if (refusal instanceof QueueFullError) return { reply, full: refusal };
    throw refusal;
  }

  async #pause(ms: number, signals: readonly AbortSignal[]): Promise<void> {
    const woken = new AbortController();
    const look = (): void => woken.abort();
    this.#waiting.add(look);
    this.#deps.onWaiting(true);
    await pause(Math.max(ms, 1), AbortSignal.any([woken.signal, ...signals]));
    this.#waiting.delete(look);
    if (this.#waiting.size === 0) this.#deps.onWaiting(false);
  }
}

/** A script runs on one node of a cluster, and each queue has a node. */
function refuseSeveralNodes({ nodes }: PreparedFlow): void {
  const names = [...new Set(nodes.map(({ queue }) => queue.name))];
  if (names.length === 1) return;
  throw new DefinitionError(
    `putFlow: on a Redis Cluster all jobs of a flow must be in one queue, not in ${names.join(', ')}: list their contracts in one`,
  );
}

function memoryFull({ name, capacity }: QueueDefinition): QueueFullError {
  return new QueueFullError({ queue: name, depth: 0, capacity, retryAfterMs: 1_000, reason: 'memory' });
}

function tooMany({ name }: QueueDefinition, { answers: [first] }: AdmissionReply): QueueFullError {
  const { depth = 0, capacity = 0 } = first ?? {};
  return new QueueFullError({ queue: name, depth, capacity, retryAfterMs: 1_000, reason: 'too-many-waiters' });
}

function waitedMsOf(since: number, hasWaited: boolean): number {
  return hasWaited ? Math.max(1, Math.round(performance.now() - since)) : 0;
}

/** In the name of the queue as it is defined, and with how long the flow has waited. */
function asOwn(error: QueueFullError, { nodes }: PreparedFlow, waitedMs: number): QueueFullError {
  const { depth, capacity, retryAfterMs, reason } = error;
  const node = nodes.find(({ call }) => queueNameOf(call.queueKeys) === error.queue);
  return new QueueFullError({
    queue: node?.queue.name ?? error.queue,
    depth,
    capacity,
    retryAfterMs,
    reason,
    waitedMs,
  });
}

/** A flow that is known by its root is known as a whole. */
function receiptOf({ root, nodes }: PreparedFlow, reply: AdmissionReply | undefined, waitedMs: number): FlowReceipt {
  const answers = new Map(nodes.map((node, index) => [node, reply?.answers[index]]));
  const depths = new Map<QueueDefinition, number>();
  for (const [{ queue }, answer] of answers) depths.set(queue, Math.max(depths.get(queue) ?? 0, answer?.depth ?? 0));
  const receipt = ({ id, job, queue, children }: PreparedNode): FlowReceipt => ({
    id,
    job,
    queue: queue.name,
    status: answers.get(root)?.decision === 'created' ? 'created' : 'duplicate',
    depth: depths.get(queue) ?? 0,
    capacity: reply?.answers[nodes.findIndex((node) => node.queue === queue)]?.capacity ?? 0,
    waitedMs,
    children: children.map(receipt),
  });
  return receipt(root);
}
