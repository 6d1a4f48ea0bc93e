import type { KeysMap } from 'bullmq';
import { ReplyError } from 'ioredis';
import { producerDefaults } from '../../job/defaults.ts';
import {
  CallTooLargeError,
  DefinitionError,
  JobIdInvalidError,
  QueueClosedError,
  QueueFullError,
  type QueueFullReason,
} from '../../job/errors/index.ts';
import type { AddCall, AdmissionAnswer, AdmissionReply, ScriptCall } from './admission.ts';
import { queueNameOf } from './admission-keys.ts';
import { retryAfter } from './retry-after.ts';

// Why a call that adds jobs is refused: by Redis's reply, or by what it would send, before it is sent.

export interface Fullness {
  depth: number;
  /** 0 for unbounded. */
  capacity: number;
  ahead?: number;
  ended?: number;
  reason?: QueueFullReason;
}

/** A queue that has no free capacity, as its caller gets to know. */
export function queueFull(queue: KeysMap, found: Fullness): QueueFullError {
  const { depth, capacity, ahead = 0, ended = 0, reason = 'capacity' } = found;
  const retryAfterMs = retryAfter({ ended, ahead });
  return new QueueFullError({ queue: queueNameOf(queue), depth, capacity, retryAfterMs, reason });
}

/** Why nothing of an all-or-none admission was added, in the name of the queue that refused; undefined when it was. */
export function refusalOf(calls: readonly AddCall[], reply: AdmissionReply): Error | undefined {
  const { answers, ...found } = reply;
  const queueOf = (answer: AdmissionAnswer): KeysMap => (calls[answers.indexOf(answer)] as AddCall).queueKeys;
  const sealed = answers.find(({ decision }) => decision === 'sealed');
  if (sealed) return new QueueClosedError(queueNameOf(queueOf(sealed)), 'it is sealed');
  const full = answers.filter(({ decision }) => decision === 'full');
  const hopeless = full.find(({ needs = 0, capacity }) => needs > capacity);
  if (hopeless) return queueFull(queueOf(hopeless), { ...hopeless, ...found, reason: 'never-fits' });
  return full[0] && queueFull(queueOf(full[0]), { ...full[0], ...found });
}

/** Why one job of a call that judges each alone was not added; undefined when it was, or when a code of BullMQ's says why. */
export function refusalOfOne(
  queue: KeysMap,
  answer: AdmissionAnswer,
  found: Omit<AdmissionReply, 'answers'>,
): Error | undefined {
  if (answer.decision === 'full') return queueFull(queue, { ...answer, ...found });
  if (answer.decision === 'sealed') return new QueueClosedError(queueNameOf(queue), 'it is sealed');
  return answer.failure === undefined ? undefined : new ReplyError(answer.failure);
}

const { callMaxJobs: maxJobs, callMaxBytes: maxBytes } = producerDefaults;

/**
 * Looks at a call that adds all of its jobs or none before anything is prepared: it is one call of a script, and Redis does
 * nothing else meanwhile.
 *
 * @throws CallTooLargeError
 */
export function refuseManyJobs(queue: string, jobs: readonly { data: string }[]): void {
  if (jobs.length <= maxJobs) return;
  const bytes = jobs.reduce((sum, { data }) => sum + Buffer.byteLength(data), 0);
  throw new CallTooLargeError(queue, { jobs: jobs.length, bytes, maxJobs, maxBytes });
}

/** Looks at what such a call would send. A job alone may be as large as Redis takes it. */
export function refuseManyBytes(calls: readonly ScriptCall[]): void {
  const [first, second] = calls;
  if (!first || !second) return;
  const bytes = calls.reduce((sum, { args }) => sum + bytesOf(args.slice(-3)), 0);
  if (bytes <= maxBytes) return;
  throw new CallTooLargeError(queueNameOf(first.queueKeys), { jobs: calls.length, bytes, maxJobs, maxBytes });
}

function bytesOf(args: readonly (string | Buffer)[]): number {
  return args.reduce((sum, arg) => sum + Buffer.byteLength(arg), 0);
}

/** The part of a key by which Redis Cluster chooses its node: what stands in its first braces. Null: the whole key. */
export function hashTag(key: string): string | null {
  const open = key.indexOf('{');
  const close = key.indexOf('}', open + 1);
  return open >= 0 && close > open + 1 ? key.slice(open + 1, close) : null;
}

/**
 * A script runs on one node of a cluster. Redis would find a key of another one only when the script comes to it, with
 * half of a flow written.
 *
 * @param keys any key of each queue that the script touches
 * @throws DefinitionError when they are not bound to lie on one node
 */
export function refuseSeveralSlots(keys: readonly string[]): void {
  const tags = new Set(keys.map(hashTag));
  if (tags.has(null)) {
    throw new DefinitionError('on Redis Cluster a queue needs a hash tag: prefix or name in braces, as in {mail}');
  }
  if (tags.size > 1) {
    const named = [...tags].map((tag) => `{${tag}}`).join(', ');
    throw new DefinitionError(
      `on Redis Cluster the jobs of a flow need one hash tag in common, not ${named}: give their queues one prefix in braces`,
    );
  }
}

/**
 * BullMQ keeps job `x` at `<queue>:x`, next to its own `<queue>:wait`, `<queue>:meta` and so on. An id that names one of
 * those keys would break the queue for good (`wait`) or vanish (`meta`), so it is refused. Ours live below `sluice`.
 */
export function refuseReservedId(keys: KeysMap, id: string | undefined): void {
  if (id === undefined || id === '') return;
  const first = id.split(':', 1)[0] ?? id;
  if (Object.hasOwn(keys, id) || first === 'sluice' || BELOW_A_KEY.has(first)) {
    if (first === 'repeat' && id !== 'repeat') return; // iterations of job schedulers
    throw new JobIdInvalidError(`${id} names one of the queue's own keys`);
  }
}

/** Keys of BullMQ that have more keys below them. */
const BELOW_A_KEY = new Set(['repeat', 'de', 'dn', 'metrics']);
