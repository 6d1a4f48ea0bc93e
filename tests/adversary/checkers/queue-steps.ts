import type { TransactionReport } from '@sluice/testing/transactions';

/** What one transaction did to a queue, as far as the checkers care. */
export interface QueueStep {
  index: number;
  /** Unfinished jobs before and after it. */
  before: number;
  after: number;
  /** Stored ids of jobs that it added, and when, by Redis's clock. */
  added: string[];
  atMs: number;
  /** The producer whose admission run it was. */
  producer: string | undefined;
  effects: readonly Effect[];
}

/** A change of what decides who may enter. A value of null takes it away. */
export type Effect =
  | { of: 'waiter'; ticket: string; arrival: number | null }
  | { of: 'ticket'; ticket: string; value: { wanted: number; endsMs: number } | null }
  | { of: 'capacity'; value: number | null }
  | { of: 'sealed'; value: boolean }
  | { of: 'all-waiters' | 'all-tickets' };

/** Reads Redis's log as steps of one queue. */
export function* readSteps(report: TransactionReport, queueName: string): Generator<QueueStep> {
  const base = `bull:{${queueName}}:`;
  for (let index = 0; index < report.transactions; index += 1) {
    const step: QueueStep & { effects: Effect[] } = {
      index,
      before: index === 0 ? 0 : (report.depths[index - 1] ?? 0),
      after: report.depths[index] ?? 0,
      added: [],
      atMs: 0,
      producer: undefined,
      effects: [],
    };
    for (const words of report.commands(index)) readCommand(step, base, words);
    yield step;
  }
}

const REPLY_KEY = /^sluice:reply:([^:]+):/;
const STREAM_ID = /^(\d+)-\d+$/;

function readCommand(step: QueueStep & { effects: Effect[] }, base: string, command: readonly Buffer[]): void {
  const [name = '', key = '', ...rest] = command.slice(0, 2_000).map((word) => word.toString('latin1'));
  const verb = name.toLowerCase();
  if (verb === 'del' || verb === 'unlink')
    return [key, ...rest].forEach((gone) => step.effects.push(...wipe(base, gone)));
  if (!key.startsWith(base)) return;
  const part = key.slice(base.length);
  if (verb === 'set') step.producer ??= REPLY_KEY.exec(part)?.[1];
  else if (part === 'events' && verb === 'xadd') readEvent(step, rest);
  else if (part === 'sluice:waiters') step.effects.push(...waiterEffects(verb, rest));
  else if (part === 'sluice:tickets') step.effects.push(...ticketEffects(verb, rest));
  else if (part === 'meta') step.effects.push(...metaEffects(verb, rest));
}

function wipe(base: string, key: string): Effect[] {
  if (key === `${base}sluice:waiters`) return [{ of: 'all-waiters' }];
  return key === `${base}sluice:tickets` ? [{ of: 'all-tickets' }] : [];
}

function readEvent(step: QueueStep, words: string[]): void {
  const at = words.findIndex((word) => STREAM_ID.test(word));
  const [, event, , jobId = ''] = words.slice(at + 1);
  if (event !== 'added') return;
  step.added.push(jobId);
  step.atMs = Number(STREAM_ID.exec(words[at] ?? '')?.[1]);
}

function waiterEffects(verb: string, words: string[]): Effect[] {
  if (verb === 'zadd') return [{ of: 'waiter', ticket: words[1] ?? '', arrival: Number(words[0]) }];
  return verb === 'zrem' ? words.map((ticket) => ({ of: 'waiter', ticket, arrival: null })) : [];
}

function ticketEffects(verb: string, words: string[]): Effect[] {
  if (verb === 'hdel') return words.map((ticket) => ({ of: 'ticket', ticket, value: null }));
  if (verb !== 'hset') return [];
  const [ticket = '', value = ''] = words;
  const [wanted, endsMs] = value.split(' ').map(Number);
  return [{ of: 'ticket', ticket, value: { wanted: wanted ?? 0, endsMs: endsMs ?? 0 } }];
}

function metaEffects(verb: string, words: string[]): Effect[] {
  if (verb !== 'hset' && verb !== 'hdel') return [];
  const sets = verb === 'hset';
  const effects: Effect[] = [];
  const pairs = sets ? words.filter((_, index) => index % 2 === 0) : words;
  for (const field of pairs) {
    const value = sets ? words[words.indexOf(field) + 1] : undefined;
    if (field === 'sluice.capacity')
      effects.push({ of: 'capacity', value: value === undefined ? null : Number(value) });
    if (field === 'sluice.sealed') effects.push({ of: 'sealed', value: value === '1' });
  }
  return effects;
}
