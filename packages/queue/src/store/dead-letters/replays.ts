import type { JobFailure } from '../../job/errors/index.ts';

/** How often a job was replayed, and about the last time. JSON-safe. */
export interface Replays {
  /** How often in all. */
  count: number;
  /** In milliseconds since the epoch; null when it was never replayed. */
  lastAt: number | null;
  /** Why it had died before that; the message of at most 500 bytes. */
  lastDeath: JobFailure | null;
}

/** @param json `[count, run, when in ms, code, reason]`, as replay-jobs.lua writes it; null for none */
export function readReplays(json: string | null): Replays {
  if (json !== null) {
    try {
      const [count, , lastAt, code, message] = JSON.parse(json) as unknown[];
      const lastDeath = { code: String(code) || 'ERROR', message: String(message) };
      return { count: Number(count) || 0, lastAt: Number(lastAt) || null, lastDeath };
    } catch {
      // a foreign client wrote something else
    }
  }
  return { count: 0, lastAt: null, lastDeath: null };
}
