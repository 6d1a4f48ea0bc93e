import { inspect } from 'node:util';
import type { JobFailure } from './errors/index.ts';
import { poolDefaults } from './pool-defaults.ts';

/** What is kept of an error: within the limits of size, whatever was thrown. */
export interface FailureRecord extends JobFailure {
  readonly stack: string | null;
}

const CODE = /^[A-Z][A-Z0-9_]{0,63}$/;

/** Turns anything that can be thrown into something that can be stored. Never throws. */
export function recordFailure(thrown: unknown): FailureRecord {
  try {
    return {
      code: codeOf(thrown),
      message: truncateBytes(messageOf(thrown), poolDefaults.failureMessageMaxBytes),
      stack: stackOf(thrown),
    };
  } catch {
    return { code: 'ERROR', message: 'an error that cannot be read was thrown', stack: null };
  }
}

function codeOf(thrown: unknown): string {
  const code: unknown = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' && CODE.test(code) ? code : 'ERROR';
}

function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message || thrown.name;
  return typeof thrown === 'string' && thrown !== '' ? thrown : inspect(thrown, { depth: 2 });
}

function stackOf(thrown: unknown): string | null {
  if (!(thrown instanceof Error) || typeof thrown.stack !== 'string') return null;
  const cause = thrown.cause instanceof Error ? `\ncaused by ${thrown.cause.stack}` : '';
  return truncateBytes(thrown.stack + cause, poolDefaults.failureStackMaxBytes);
}

/** The stack traces of all attempts, as BullMQ keeps them: JSON, oldest first. The oldest go when they get too many. */
export function stacksAsJson(earlier: readonly string[], latest: string | null): string {
  const stacks = latest === null ? [...earlier] : [...earlier, latest];
  while (stacks.length > 1 && Buffer.byteLength(JSON.stringify(stacks)) > poolDefaults.failureStackMaxBytes)
    stacks.shift();
  return JSON.stringify(stacks);
}

/** The longest beginning that fits; no character is cut in two. */
export function truncateBytes(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  return bytes
    .subarray(0, maxBytes)
    .toString()
    .replace(/\uFFFD+$/, '');
}
