import { expect, it } from 'vitest';
import { LineJobIds } from './line-job-ids.ts';

it('gives a line the same id until its job has ended without a result', () => {
  const jobs = new LineJobIds();
  expect([jobs.idOf(7), jobs.idOf(7)]).toEqual(['line-7', 'line-7']);
  jobs.end(7);
  expect([jobs.idOf(7), jobs.idOf(8)]).toEqual(['line-7.1', 'line-8']);
  jobs.lose(7);
  expect(jobs.idOf(7)).toBe('line-7.2');
});

it('gives a line up whose job was lost three times, however often its host refused it', () => {
  const jobs = new LineJobIds();
  for (let time = 0; time < 50; time += 1) jobs.end(7);
  expect([jobs.lose(7), jobs.lose(7), jobs.lose(7)]).toEqual([true, true, false]);
});

it('gives no two payloads of a line the same id', () => {
  const jobs = new LineJobIds();
  jobs.end(7);
  expect([jobs.idOf(7), jobs.idOf(7, 0), jobs.idOf(7, 1), jobs.idOf(7, 2)]).toEqual([
    'line-7.1',
    'line-7.1',
    'line-7.1-1',
    'line-7.1-2',
  ]);
});
