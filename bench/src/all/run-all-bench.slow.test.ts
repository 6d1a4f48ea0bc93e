import { expect, it } from 'vitest';
import type { Part } from './part.ts';
import { putPart } from './parts/put.ts';
import { ratiosOf } from './ratio-row.ts';
import { runAllBench } from './run-all-bench.ts';

const hooks = { onProgress: () => {}, signal: new AbortController().signal };
const scale = { rounds: 1, jobs: 10, timeLimitMs: 60_000 };
const small: Part = { ...putPart, scales: { quick: scale, whole: scale } };

// What the other parts measure with has tests of its own: run-take-bench, run-life-bench, lateness.
it('bench all has a ratio of every round in every row, of rates and of CPU', async () => {
  const { rows } = await runAllBench({ parts: [small], quick: true, bunqueue: 'none' }, hooks);
  expect(new Set(rows.map(({ name }) => name)).size).toBe(6);
  for (const { name, measured, cpu, peers } of rows) {
    for (const pair of [measured, cpu?.node, cpu?.redis]) {
      expect(pair && ratiosOf(pair), name).toEqual([expect.any(Number)]);
    }
    expect(peers?.['bee-queue'], name).toEqual([expect.any(Number)]);
  }
});

it('bench all ends when it is told to', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(runAllBench({ parts: [small], quick: true, bunqueue: 'none' }, { ...hooks, signal })).rejects.toThrow(
    'enough',
  );
});
