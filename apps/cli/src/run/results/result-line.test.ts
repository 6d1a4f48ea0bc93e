import { describe, expect, it } from 'vitest';
import { badLineResult, resultLineOf } from './result-line.ts';
import type { FetchLine } from '../input/fetch-line.ts';

const line: FetchLine = { line: 3, url: 'http://me:s3cret@a/', shownUrl: 'http://a/', host: 'a:80' };
const dead = (code: string, message = 'why'): ReturnType<typeof resultLineOf> =>
  resultLineOf(line, { outcome: 'dead', error: { code, message }, attempts: 2 }, 5_000);

const failure = {
  url: 'http://a/',
  ok: false,
  status: null,
  finalUrl: null,
  ms: 1,
  bytes: 0,
  sha256: null,
  contentType: null,
  attempts: 1,
};

describe('resultLineOf', () => {
  it('puts line and url before what the worker found', () => {
    const result = {
      url: 'http://a/',
      ok: true,
      status: 200,
      finalUrl: 'http://a/',
      ms: 12,
      bytes: 2,
      sha256: 'ab',
      contentType: 'text/plain',
      attempts: 1,
      body: 'hi',
      error: null,
    };
    const shown = resultLineOf(line, { outcome: 'completed', result, attempts: 1 }, 5_000);
    expect(JSON.stringify(shown)).toBe(JSON.stringify({ line: 3, ...result }));
  });

  it('names the option that allows a private address', () => {
    const error = { code: 'BLOCKED_ADDRESS' as const, message: 'localhost is not at a public address (loopback)' };
    const result = { ...failure, error };
    expect(resultLineOf(line, { outcome: 'completed', result, attempts: 1 }, 5_000).error).toEqual({
      code: 'BLOCKED_ADDRESS',
      message: 'localhost is not at a public address (loopback); --allow-private fetches such addresses too',
    });
  });

  it('gives the reason of a dead job as its error', () => {
    expect(dead('SLUICE_JOB_TIMEOUT')).toMatchObject({ ok: false, ms: 5_000, attempts: 2, error: { code: 'TIMEOUT' } });
    expect(dead('SLUICE_TOO_LARGE').error?.code).toBe('TOO_LARGE');
    expect(dead('SLUICE_LEASE_LOST').error).toEqual({
      code: 'RESET',
      message: 'the worker that fetched it was lost (why)',
    });
    expect(dead('ERROR').error).toEqual({ code: 'HTTP', message: 'why' });
  });

  it('has no credentials in the message of a failure', () => {
    expect(JSON.stringify(dead('ERROR', `cannot fetch ${line.url}`))).not.toContain('s3cret');
  });
});

it('names the line of what is no URL', () => {
  expect(badLineResult({ line: 9, shownUrl: 'nonsense', message: 'not an absolute URL' })).toMatchObject({
    line: 9,
    url: 'nonsense',
    ok: false,
    attempts: 0,
    error: { code: 'BAD_URL', message: 'line 9: not an absolute URL' },
  });
});
