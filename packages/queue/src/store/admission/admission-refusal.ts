import type { KeysMap } from 'bullmq';
import { QueueClosedError, QueueFullError, type QueueFullReason } from '../../job/errors/index.ts';
import type { AddCall, AdmissionAnswer, AdmissionReply } from './admission.ts';
import { queueNameOf } from './admission-keys.ts';
import { retryAfter } from './retry-after.ts';

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
