import {
  type JobFilter,
  type JobSnapshotState,
  jobSnapshotStates,
  type PayloadFields,
  type PayloadValue,
} from '@sluice/queue';
import { didYouMean } from '@sluice/queue/contracts';
import { JsonText } from '@sluice/queue/json';
import { parseDuration } from '@sluice/service';
import { InvalidArgumentError, type Command } from 'commander';

/** Which jobs a command means. */
export interface FilterFlags {
  state?: JobSnapshotState[];
  job?: string;
  code?: string;
  error?: string;
  worker?: string;
  since?: number;
  before?: number;
  payload?: Record<string, PayloadValue[]>;
}

export const FILTER_NOTES = `--error takes a code, such as SLUICE_JOB_TIMEOUT, or a part of a message; --code a code alone. --since and --before take a duration
back from now, such as 90s, 15m, 2h or 7d, or a time, such as 2026-11-27T14:00:00Z; they are compared with the end of a job, or with its put
while it has not ended. --payload takes a path and a value, such as to.domain=example.com or lines.0.sku=a; given again, both must
hold, and for the same path either. 17 finds the number and the text, "17" in double quotes the text alone. Numbers are compared digit by digit.`;

/** Adds the options of a filter, but for the state. */
export function addFilterOptions(command: Command): Command {
  return command
    .option('--job <name>', 'only jobs of this kind')
    .option('--code <code>', 'only jobs whose last failure has this code')
    .option('--error <text>', 'only jobs whose last failure has this code, or this text in its message')
    .option('--worker <name>', 'only jobs that this worker took last: its name, or the id of its pool')
    .option('--since <time>', 'only what ended, or was put, at this time or later', readTime)
    .option('--before <time>', 'only what ended, or was put, before this time', readTime)
    .option('--payload <path=value>', 'only jobs with this value there in their payload; may be repeated', readField);
}

export function addStateOption(command: Command): Command {
  return command.option('--state <states>', 'only these states, with commas between them', readStates);
}

/** The filter of the flags; empty when none was given. */
export function filterOf({ state, job, code, error, worker, since, before, payload }: FilterFlags): JobFilter {
  return {
    ...(state && { state }),
    ...(job !== undefined && { job }),
    ...(code !== undefined && { code }),
    ...(error !== undefined && { error }),
    ...(worker !== undefined && { worker }),
    ...(since !== undefined && { since }),
    ...(before !== undefined && { before }),
    ...(payload && { payload: payload satisfies PayloadFields }),
  };
}

function readStates(text: string): JobSnapshotState[] {
  return text.split(',').map((part) => {
    const name = part.trim();
    const state = jobSnapshotStates.find((known) => known === (name === 'failed' ? 'dead' : name));
    if (state) return state;
    const meant = didYouMean(name, jobSnapshotStates);
    throw new InvalidArgumentError(
      `${name.slice(0, 50)} is no state${meant === null ? '.' : `; did you mean ${meant}?`} There are ${jobSnapshotStates.join(', ')}.`,
    );
  });
}

/** A time, or a duration back from now, in milliseconds since the epoch. */
function readTime(text: string): number {
  const backMs = /[a-z]$/.test(text.trim()) ? parseDuration(text) : null;
  if (backMs !== null) return Date.now() - backMs;
  const time = /^\d{4}-\d\d-\d\d/.test(text.trim()) ? Date.parse(text.trim()) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new InvalidArgumentError(
    'It must be a duration back from now, such as 15m or 2h, or a time, such as 2026-11-27T14:00:00Z.',
  );
}

function readField(text: string, earlier: Record<string, PayloadValue[]> = {}): Record<string, PayloadValue[]> {
  const [, path, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (path === undefined || value === undefined)
    throw new InvalidArgumentError('It must be a path and a value, such as to=a@example.com.');
  return { ...earlier, [path]: [...(earlier[path] ?? []), ...readValues(value)] };
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** What a text may stand for: itself, and a number or a literal that is written like it. */
function readValues(text: string): PayloadValue[] {
  if (/^".*"$/s.test(text)) {
    const quoted = parseJson(text);
    if (typeof quoted === 'string') return [quoted];
  }
  if (NUMBER.test(text)) return [text, new JsonText(text)];
  if (text === 'true' || text === 'false') return [text, text === 'true'];
  return text === 'null' ? [text, null] : [text];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
