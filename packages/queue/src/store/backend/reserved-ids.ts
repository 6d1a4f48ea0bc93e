import type { KeysMap } from 'bullmq';
import { JobIdInvalidError } from '../../job/errors/index.ts';

/**
 * BullMQ keeps job `x` at `<queue>:x`, beside its own `<queue>:wait`, `<queue>:meta` and so on. An id that names one of
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
