import { CallTooLargeError } from '../../job/errors/index.ts';
import { producerDefaults } from '../../job/defaults.ts';
import type { ScriptCall } from './admission.ts';
import { queueNameOf } from './admission-keys.ts';

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
