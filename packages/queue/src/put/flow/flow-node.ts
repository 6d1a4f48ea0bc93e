import type { JobContract, PayloadInput } from '../../job/contracts/job-contract.ts';
import type { QueueDefinition } from '../../job/contracts/queue-policy.ts';
import { PutOptionError } from '../../job/errors/index.ts';
import { checkContract } from '../../job/handler/handler.ts';
import * as optionRule from '../../job/options/option-rules.ts';
import { type OptionRule, type OptionRules } from '../../job/options/option-rules.ts';
import { checkPut, type PutOptions, putRules, tryPutRules } from '../put-options.ts';

const deadChildPolicies = ['wait', 'fail-parent', 'run-parent', 'ignore', 'forget'] as const;
/** What a parent does when one of its children is dead; see `whenDead` of {@link FlowNodeOptions}. */
export type DeadChildPolicy = (typeof deadChildPolicies)[number];

type JobOptions = Pick<PutOptions, 'id' | 'delayMs' | 'priority' | 'attempts' | 'timeoutMs' | 'expiresAt'>;

/** One job of a flow. */
export interface FlowNodeOptions extends JobOptions {
  /**
   * The queue of this job, on the same Redis. On a Redis Cluster all jobs of a flow must be in one queue.
   *
   * @default that of its parent; of the root, that of the producer
   */
  queue?: QueueDefinition;
  /**
   * The jobs that this one waits for: it is started when all of them have ended as their `whenDead` asks.
   *
   * @default none
   */
  children?: readonly FlowNode[];
  /**
   * What the parent does when this job is dead.
   *
   * - `wait`: it waits on, until the job is replayed and completes, or is removed.
   * - `fail-parent`: it is dead, too, without being started.
   * - `run-parent`: it is started at once, while other children go on.
   * - `ignore`: the job counts as done. The parent sees why it died.
   * - `forget`: the job counts as done, and the parent does not see it.
   *
   * @default 'wait'
   */
  whenDead?: DeadChildPolicy;
}

/** A job of a flow with what it waits for, as `flow` makes it. */
export interface FlowNode<C extends JobContract = JobContract> {
  /** Its contract. */
  readonly job: C;
  /** As the contract's schema takes it. */
  readonly payload: PayloadInput<C>;
  /** As they were given to `flow`. */
  readonly options: FlowNodeOptions;
}

/** How a flow is put. */
export interface PutFlowOptions extends Pick<PutOptions, 'waitMs' | 'signal' | 'telemetry'> {
  /**
   * What to do when there is no free capacity: `wait` or `reject`. A flow never drops other jobs.
   *
   * @default `wait` where that is the queue's own policy, else `reject`
   */
  whenFull?: 'wait' | 'reject';
}

export const putFlowRules = {
  waitMs: putRules.waitMs,
  signal: putRules.signal,
  telemetry: putRules.telemetry,
  whenFull: optionRule.oneOf(['wait', 'reject']),
} satisfies OptionRules<PutFlowOptions>;

const { id, delayMs, priority, attempts, timeoutMs, expiresAt } = tryPutRules;

const nodes: OptionRule = {
  must: 'be a list of jobs that flow() made',
  holds: (value) => Array.isArray(value) && value.every((node) => made.has(node as object)),
};

/** Of what a job of a flow takes besides its contract, payload, queue and children. */
export const flowJobRules = {
  id,
  delayMs,
  priority,
  attempts,
  timeoutMs,
  expiresAt,
  whenDead: optionRule.oneOf(deadChildPolicies),
} satisfies OptionRules<Omit<FlowNodeOptions, 'queue' | 'children'>>;

const rules = {
  ...flowJobRules,
  queue: { must: 'be a queue of defineQueue', holds: (value) => optionRule.isObject(value) && 'jobs' in value },
  children: nodes,
} satisfies OptionRules<FlowNodeOptions>;

const made = new WeakSet<object>();

/**
 * A job of a flow, for `putFlow` or as a child of another one.
 *
 * ```ts
 * flow(report, { month }, { children: pages.map((page) => flow(renderPage, { page }, { queue: pagesQueue, whenDead: 'ignore' })) });
 * ```
 *
 * @throws PutOptionError when an option is out of its range, or unknown
 */
export function flow<C extends JobContract>(
  job: C,
  payload: PayloadInput<C>,
  options: FlowNodeOptions = {},
): FlowNode<C> {
  checkContract('flow', job);
  checkPut('flow', rules, job, options);
  const node: FlowNode<C> = { job, payload, options };
  made.add(node);
  return node;
}

/** @throws PutOptionError for what `flow` has not made */
export function checkFlow(node: unknown): void {
  if (typeof node === 'object' && node !== null && made.has(node)) return;
  throw new PutOptionError('putFlow: the flow must be one that flow() made');
}
