/**
 * What Redis does with a script when its memory is full (`maxmemory`). It reads that from the script's first line;
 * without one it would let the script begin, and refuse a write in the middle of it.
 *
 * - `refused`: as a whole, before anything is written. For scripts that make jobs unfinished.
 * - `runs`: for scripts that free memory, or that a job needs on its way to its end. They may write, but not so that
 *   memory grows with every call.
 * - `reads`: runs, because it writes nothing; Redis holds it to that.
 */
export type OnOutOfMemory = 'refused' | 'runs' | 'reads';

/** The first Redis that reads a script's first line. */
export const OLDEST_REDIS = '7.0';

// BullMQ's texts reach into the queues of parents and children. On a cluster Redis would not let a script with a first
// line do that, as it lets one without.
const acrossSlots = 'allow-cross-slot-keys';
const firstLines = {
  refused: `#!lua flags=${acrossSlots}`,
  runs: `#!lua flags=allow-oom,${acrossSlots}`,
  reads: `#!lua flags=no-writes,${acrossSlots}`,
} as const satisfies Record<OnOutOfMemory, string>;

/** The text as a script that Redis treats like this when its memory is full. */
export function luaScript(onOutOfMemory: OnOutOfMemory, text: string): string {
  return `${firstLines[onOutOfMemory]}\n${text}`;
}
