import { expect, it } from 'vitest';
import { renderRecoverSection } from './recover-report.ts';
import { runRecoverBench } from './run-recover-bench.ts';

it('bench recover kills workers and hangs handlers, and sees the jobs run on', async () => {
  const never = new AbortController().signal;
  const { killed, hung, ...rest } = await runRecoverBench(
    { kills: 2, hung: 15 },
    { onProgress: () => {}, signal: never },
  );
  expect(killed.samples).toBe(2);
  expect(killed.shortestMs).toBeGreaterThan(0); // never before the kill
  expect(killed.longestMs).toBeGreaterThanOrEqual(killed.shortestMs);
  expect(hung.samples).toBe(15);
  expect(hung.p50LateMs).toBeGreaterThan(0); // never before deadline and grace
  expect(hung.p99LateMs).toBeGreaterThanOrEqual(hung.p50LateMs);
  expect(renderRecoverSection({ killed, hung, ...rest })).toContain('Of 15 handlers that hung');
});

it('bench recover ends when it is told to', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(runRecoverBench({ kills: 1, hung: 1 }, { onProgress: () => {}, signal })).rejects.toThrow('enough');
});
