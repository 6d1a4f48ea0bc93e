import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

/** Prints the packages, other than our own, that an import of this entry loads. */
const program = `
import { registerHooks } from 'node:module';
const packages = new Set();
registerHooks({
  resolve(specifier, context, next) {
    if (/^[a-z@]/.test(specifier) && !/^(node:|file:)/.test(specifier)) packages.add(specifier.split('/')[0]);
    return next(specifier, context);
  },
});
await import(process.argv[1]);
console.log(JSON.stringify([...packages]));
`;

async function loadedBy(entry: string): Promise<string[]> {
  const url = new URL(entry, import.meta.url).href;
  const args = ['-C', '@sluice/source', '--input-type=module', '-e', program, url];
  return JSON.parse((await run(process.execPath, args)).stdout) as string[];
}

it('loads no Redis client with the contracts, as it does with the whole library, and no zod with either', async () => {
  const [contracts, library] = await Promise.all([loadedBy('./contracts.ts'), loadedBy('./index.ts')]);
  expect(library).toEqual(expect.arrayContaining(['bullmq', 'ioredis']));
  expect(contracts.filter((name) => ['bullmq', 'ioredis'].includes(name))).toEqual([]);
  expect([...contracts, ...library]).not.toContain('zod');
});
