import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** How a process ended: one of the two is null. */
export interface ProcessEnd {
  /** Null when a signal ended it. */
  exitCode: number | null;
  /** Null when it exited by itself. */
  signal: NodeJS.Signals | null;
}

/**
 * Kills a child process with SIGKILL (kill -9), by its pid, and waits until it is gone. Harmless when it has ended.
 *
 * @throws Error when the process never started.
 */
export async function killWorker(child: ChildProcess): Promise<ProcessEnd> {
  if (child.pid === undefined) throw new Error('this process never started');
  if (!hasEnded(child)) {
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }
  return { exitCode: child.exitCode, signal: child.signalCode };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
