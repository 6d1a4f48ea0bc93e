import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { runExample } from '../run-example.ts';

const path = 'examples/integration-test-node/sign-up.node-test.ts';

it('integration-test-node: the same test under node:test', { timeout: 70_000 }, async () => {
  const lines = await runExample(path);
  expect(lines.join('\n')).toMatch(/a new customer is welcomed now, and reminded a day later/);
  expect(lines.join('\n')).toMatch(/\bpass 1$/m);
});

it('integration-test-node: loads no other test runner', async () => {
  expect(await readFile(new URL('./sign-up.node-test.ts', import.meta.url), 'utf8')).not.toContain('vitest');
});
