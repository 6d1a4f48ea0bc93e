import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `holds` is true; long by default, because a busy machine is slow to start processes. @throws Error that names it after `withinMs` */
export async function until(what: string, holds: () => unknown, withinMs = 60_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms until ${what}`);
    await sleep(5);
  }
}
