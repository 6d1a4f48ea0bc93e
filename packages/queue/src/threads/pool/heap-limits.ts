import type { Worker } from 'node:worker_threads';

/** How often a running thread's memory is looked at. */
const LOOK_MS = 100;

/**
 * How far V8's own limit lies above ours. One allocation beyond V8's limit ends the whole process, and a table that grows is
 * reallocated at twice its size, so the thread must be found before that.
 */
const HEADROOM_TIMES = 3;

/** V8's limits for a thread that is watched. */
export function heapLimits(memoryMaxBytes: number): { maxOldGenerationSizeMb: number } {
  return { maxOldGenerationSizeMb: Math.ceil((memoryMaxBytes * HEADROOM_TIMES) / 2 ** 20) };
}

/**
 * Looks at the memory of a thread from outside, also while it spins: V8's own limit knows no buffers, and does not
 * always end in an error that can be caught.
 *
 * @returns what ends the watch
 */
export function watchMemory(thread: Worker, memoryMaxBytes: number, onOver: (bytes: number) => void): () => void {
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    const { used_heap_size: heap, external_memory: buffers } = await thread.getHeapStatistics();
    looking = false;
    if (heap + buffers > memoryMaxBytes) onOver(heap + buffers);
  };
  // A thread that ended has no memory to look at; one inside native code answers later.
  const timer = setInterval(() => void look().catch(() => clearInterval(timer)), LOOK_MS);
  return () => clearInterval(timer);
}
