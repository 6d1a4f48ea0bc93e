import { expect, it } from 'vitest';
import { runExample } from '../run-example.ts';

it('batch-insert: 10,000 rows in a twentieth of the statements, and one bad row fails alone', async () => {
  const [failed, inserted] = await runExample('examples/batch-insert/batch-insert.ts', 240_000);
  expect(failed).toBe(
    'one job failed: new row for relation "readings" violates check constraint "readings_celsius_check"',
  );
  const [, rows, statements, jobs] = /^(\d+) rows in (\d+) statements, for (\d+) jobs$/.exec(inserted ?? '') ?? [];
  expect([rows, jobs]).toEqual(['9999', '10000']);
  expect(Number(statements)).toBeLessThanOrEqual(10_000 / 20);
});
