import { Buffer } from 'node:buffer';
import { JobIdInvalidError } from '../errors/index.ts';
import { limits } from './limits.ts';

/**
 * Checks a caller's job id and returns it unchanged.
 *
 * An id is any string of 1 to 200 bytes of UTF-8. A lone surrogate is refused: it has no UTF-8 form of its own, so two
 * different ids would become one.
 *
 * @throws JobIdInvalidError
 */
export function parseJobId(id: unknown): string {
  if (typeof id !== 'string') throw new JobIdInvalidError(`it must be a string, not ${typeof id}`);
  if (id === '') throw new JobIdInvalidError('it is empty');
  if (!id.isWellFormed()) throw new JobIdInvalidError('it holds a lone surrogate');
  const bytes = Buffer.byteLength(id);
  if (bytes > limits.jobIdMaxBytes) {
    throw new JobIdInvalidError(`it has ${bytes} bytes, more than the ${limits.jobIdMaxBytes} that are allowed`);
  }
  return id;
}
