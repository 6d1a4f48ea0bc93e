import type { TransactionReport } from '@sluice/testing/transactions';
import { describe, expect, test } from 'vitest';
import { checkLog } from './check-log.ts';

type Step = { depth: number; commands: string[] };

const base = 'bull:{q}:';

function added(id: string, atMs: number): string {
  return `XADD ${base}events ${atMs}-0 event added jobId ${id} name x`;
}

function waits(ticket: string, arrival: number, wanted: number, endsMs: number): string[] {
  return [
    `ZADD ${base}sluice:waiters ${arrival} ${ticket}`,
    `HSET ${base}sluice:tickets ${ticket} ${wanted}_${endsMs}`,
  ];
}

function answers(producer: string): string {
  return `SET ${base}sluice:reply:${producer}:1 1_{} PXAT 99`;
}

/** A log as Redis would have written it; `_` stands for a space inside an argument. */
function kindsIn(capacity: number, steps: Step[]): string[] {
  const args = (command: string) => command.split(' ').map((arg) => Buffer.from(arg.replaceAll('_', ' ')));
  const report: TransactionReport = {
    transactions: steps.length,
    depths: steps.map(({ depth }) => depth),
    highestDepth: 0,
    finalDepth: 0,
    commands: (index) => (steps[index]?.commands ?? []).map(args),
    describe: (index) => steps[index]?.commands ?? [],
  };
  return checkLog(report, 'q', capacity).map(({ kind }) => kind);
}

describe('checkLog', () => {
  test('finds nothing wrong with jobs that enter while there is capacity', () => {
    expect(
      kindsIn(2, [
        { depth: 1, commands: [added('a', 1)] },
        { depth: 2, commands: [added('b', 2)] },
      ]),
    ).toEqual([]);
  });

  test('reports a log without any added job', () => {
    expect(kindsIn(2, [{ depth: 0, commands: ['PING'] }])).toEqual(['nothing-seen']);
  });

  test('finds a queue over its capacity, also over one that was lowered', () => {
    const lowered = { depth: 1, commands: [`HSET ${base}meta sluice.capacity 1`] };
    const steps = [{ depth: 1, commands: [added('a', 1)] }, lowered, { depth: 2, commands: [added('b', 2)] }];
    expect(kindsIn(3, steps)).toEqual(['over']);
    const left = { depth: 1, commands: [`HDEL ${base}meta sluice.capacity`] };
    expect(kindsIn(3, [...steps.slice(0, 2), left, ...steps.slice(2)])).toEqual([]);
  });

  test('finds a job that enters while an earlier living ticket wants the capacity', () => {
    const waiting = { depth: 0, commands: [...waits('first:1', 10, 1, 5_000), ...waits('second:1', 11, 1, 5_000)] };
    const by = (producer: string, atMs: number): Step => {
      const leaves = [`ZREM ${base}sluice:waiters ${producer}:1`, `HDEL ${base}sluice:tickets ${producer}:1`];
      return { depth: 1, commands: [added('a', atMs), ...leaves, answers(producer)] };
    };
    expect(kindsIn(1, [waiting, by('first', 100)])).toEqual([]);
    expect(kindsIn(1, [waiting, by('second', 100)])).toEqual(['overtaken']);
    expect(kindsIn(2, [waiting, by('second', 100)])).toEqual([]); // there is capacity for both
    expect(kindsIn(1, [waiting, by('second', 6_000)])).toEqual([]); // the first one is dead
    expect(kindsIn(2, [waiting, by('stranger', 100)])).toEqual(['overtaken']);
  });

  test('finds a job that is added twice, at once or later', () => {
    const once = { depth: 1, commands: [added('a', 1)] };
    expect(kindsIn(9, [once, { depth: 1, commands: [] }, once])).toEqual(['added-twice']);
    expect(kindsIn(9, [{ depth: 2, commands: [added('a', 1), added('a', 1)] }])).toEqual(['added-twice']);
  });

  test('finds what enters a sealed queue, until it is unsealed', () => {
    const sealed = { depth: 0, commands: [`HSET ${base}meta sluice.sealed 1`] };
    const unsealed = { depth: 0, commands: [`HDEL ${base}meta sluice.sealed`] };
    const put = { depth: 1, commands: [added('a', 1)] };
    expect(kindsIn(9, [sealed, put])).toEqual(['into-sealed']);
    expect(kindsIn(9, [sealed, unsealed, put])).toEqual([]);
  });
});
