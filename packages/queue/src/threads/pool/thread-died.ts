import { JobThreadDiedError } from '../../job/errors/index.ts';

/** What Piscina says of a thread that called `process.exit`. */
const EXITED = /^worker exited with code: (\d+)$/;

/** The error of an attempt whose thread is gone, from what is known of its end. */
export function threadDied(cause: unknown): JobThreadDiedError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const exit = EXITED.exec(message)?.[1];
  if (exit !== undefined) return new JobThreadDiedError(`the handler ended its thread with exit code ${exit}`, 'exit');
  if (codeOf(cause) === 'ERR_WORKER_OUT_OF_MEMORY') return outOfMemory(cause);
  return new JobThreadDiedError(`an error that nobody caught ended the thread: ${message}`, 'error', { cause });
}

/** @param cause what V8 said; or how many bytes the thread held when it was ended */
export function outOfMemory(cause: unknown): JobThreadDiedError {
  const held = typeof cause === 'number' ? `: it held ${Math.round(cause / 2 ** 20)} MiB` : '';
  const options = typeof cause === 'number' ? undefined : { cause };
  return new JobThreadDiedError(`the thread was ended because it used too much memory${held}`, 'memory', options);
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined;
}
