import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { agreedForPool, agreedForProducer } from './testing/agreed-differences.ts';

const page = await readFile(new URL('../../../../../../docs/bullmq-compatibility.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| ([^|]+) \| [^|]+ \|$/gm)].map(([, what]) => what);

it('docs/bullmq-compatibility.md names every difference that is agreed', () => {
  const agreed = [...agreedForProducer, ...agreedForPool].map(({ what }) => what);
  expect(rows).toEqual(expect.arrayContaining(agreed));
});
