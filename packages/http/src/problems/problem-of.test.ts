import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { knownProblems, problemOf } from './problem-of.ts';

const docs = readFileSync(new URL('../../../../docs/http-api.md', import.meta.url), 'utf8');
const documented = [...docs.matchAll(/^\| `([a-z-]+)` \| (\d{3}) \| `(SLUICE_[A-Z_]+)`/gm)].map(
  ([, name, status, code]) => ({ name, status: Number(status), code }),
);

describe('problems', () => {
  it('stand in docs/http-api.md, each with its status and code', () => {
    // 499 is never sent: nobody is there to read it.
    const sent = knownProblems().filter(({ status }) => status !== 499);
    const byCode = (a: { code: string | undefined }, b: { code: string | undefined }): number =>
      (a.code ?? '').localeCompare(b.code ?? '');
    expect(documented.toSorted(byCode)).toEqual(sent.toSorted(byCode));
  });

  it('keep the status that the framework gave a refusal, but never its 5xx', () => {
    expect(problemOf(Object.assign(new Error('odd'), { statusCode: 400 })).problem).toMatchObject({
      status: 400,
      detail: 'odd',
    });
    expect(problemOf(Object.assign(new Error('inner'), { statusCode: 503 })).problem.status).toBe(500);
  });

  it.each([undefined, null, 'text', 7, {}])('are 500 for %s that was thrown', (thrown) => {
    expect(problemOf(thrown).problem).toMatchObject({ type: 'about:blank', status: 500 });
  });
});
