import { expect, it } from 'vitest';
import { runExample } from '../run-example.ts';

it('flow: a report gets what became of its pages', { timeout: 70_000 }, async () => {
  expect(await runExample('examples/flow/flow.ts')).toEqual([
    'created report-11, which waits for report-11.0, report-11.1, report-11.2',
    'November: page 1, (report-11.1 is missing), page 3',
    'put again: duplicate',
  ]);
});
