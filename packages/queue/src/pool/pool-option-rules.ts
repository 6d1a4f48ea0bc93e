import * as optionRule from '../job/options/option-rules.ts';
import { type OptionRules } from '../job/options/option-rules.ts';
import { unsafeEvictionRule } from '../store/server/check-server.ts';
import { telemetryRule } from '../job/tracing/queue-tracer.ts';
import { unavailableRule } from '../job/defaults.ts';
import type { PoolTimings } from '../job/pool-defaults.ts';
import type { DrainOptions, IdleOptions, WorkerPoolOptions } from './worker-pool.ts';

const { anything, logger, options, required, text, waitMs, wholeNumber, yesOrNo } = optionRule;

/** Whole numbers: Redis refuses a fraction in the middle of the script that takes jobs. */
const TIMING_RULES = {
  leaseMs: wholeNumber(2, 86_400_000),
  renewMs: wholeNumber(1, 43_200_000),
  sweepMs: wholeNumber(1, 86_400_000),
} satisfies OptionRules<PoolTimings>;

export const CONSUMER_RULES = {
  redis: anything,
  logger,
  name: text,
  unavailableMs: unavailableRule,
  timings: options(TIMING_RULES),
  allowUntestedBullmq: yesOrNo,
  telemetry: telemetryRule,
} satisfies OptionRules<Omit<WorkerPoolOptions, 'concurrency' | 'drainMs' | 'unsafeEviction'>>;

export const POOL_RULES = {
  ...CONSUMER_RULES,
  concurrency: required(wholeNumber(1, 10_000)),
  drainMs: wholeNumber(0, 3_600_000),
  unsafeEviction: unsafeEvictionRule,
} satisfies OptionRules<WorkerPoolOptions>;

export const DRAIN_RULES = { timeoutMs: waitMs({ forever: true }) } satisfies OptionRules<DrainOptions>;

export const IDLE_RULES = { idleMs: required(waitMs()) } satisfies OptionRules<IdleOptions>;
