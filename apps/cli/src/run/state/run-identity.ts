import { formatDuration } from '@sluice/service';
import type { BodyMode } from '../run-options.ts';

/** What makes results of two commands interchangeable. Only a run with the same identity may go on where one stopped. */
export interface RunIdentity {
  /** Hex SHA-256 of the input. */
  input: string;
  /** Absolute path of the output. */
  out: string;
  timeoutMs: number;
  attempts: number;
  body: BodyMode;
  allowPrivate: boolean;
}

/** In what the two differ, in words for the command line; empty when they are the same. */
export function differences(then: RunIdentity, now: RunIdentity): string[] {
  const words: Record<keyof RunIdentity, [string, (identity: RunIdentity) => string]> = {
    input: ['the list of URLs', (identity) => `SHA-256 ${identity.input.slice(0, 12)}…`],
    out: ['the output', (identity) => identity.out],
    timeoutMs: ['--timeout', (identity) => formatDuration(identity.timeoutMs)],
    attempts: ['--attempts', (identity) => String(identity.attempts)],
    body: ['--body', (identity) => identity.body],
    allowPrivate: ['--allow-private', (identity) => (identity.allowPrivate ? 'given' : 'not given')],
  };
  return (Object.keys(words) as (keyof RunIdentity)[])
    .filter((key) => then[key] !== now[key])
    .map((key) => `${words[key][0]}: ${words[key][1](then)} then, ${words[key][1](now)} now`);
}
