import {
  type Payload,
  type PayloadInput,
  type Result,
  decodePayload,
  encodePayload,
  encodeResult,
} from '@sluice/queue/contracts';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { fetchErrorCodes, fetchUrl, type FetchErrorCode } from './http-fetch.ts';

const result = {
  url: 'http://a.example/',
  ok: true,
  status: 200,
  finalUrl: 'http://a.example/',
  ms: 12.5,
  bytes: 3,
  sha256: 'ab',
  contentType: 'text/plain',
  attempts: 1,
  error: null,
};

describe('the http.fetch contract', () => {
  it('needs a URL and nothing else', async () => {
    const { json } = await encodePayload(fetchUrl, { url: 'http://a.example' });
    expect(await decodePayload(fetchUrl, 1, json)).toEqual({
      url: 'http://a.example',
      body: 'none',
      maxBodyBytes: 10_485_760,
      maxRedirects: 5,
      attemptsBefore: 0,
    });
  });

  it.each([
    ['no URL', {}, 'url: '],
    ['an empty URL', { url: '' }, 'url: '],
    ['a URL over 8,192 letters', { url: 'h'.repeat(8_193) }, 'url: '],
    ['another form of body', { url: 'u', body: 'xml' }, 'body: '],
    ['a body limit of 0', { url: 'u', maxBodyBytes: 0 }, 'maxBodyBytes: '],
    ['a body limit over 1 GiB', { url: 'u', maxBodyBytes: 2 ** 30 + 1 }, 'maxBodyBytes: '],
    ['21 redirects', { url: 'u', maxRedirects: 21 }, 'maxRedirects: '],
    ['a misspelt key', { url: 'u', maxBody: 1 }, 'maxBody'],
  ])('refuses %s', async (_, payload, problem) => {
    await expect(encodePayload(fetchUrl, payload)).rejects.toThrow(problem);
  });

  it.each<[string, object]>([
    ['a page', {}],
    ['a page with its text', { body: 'abc' }],
    ['a page with its JSON', { body: { list: [1, null, { deep: true }] } }],
    ['a page that was not found', { ok: false, status: 404, error: { code: 'HTTP', message: '404 Not Found' } }],
    ['no answer', { ok: false, status: null, finalUrl: null, sha256: null, contentType: null }],
  ])('takes %s as a result', async (_, differences) => {
    const value = { ...result, ...differences };
    expect(JSON.parse((await encodeResult(fetchUrl, value)).json)).toEqual(value);
  });

  it('refuses an error code that is not in the closed list', async () => {
    const failed = { ...result, ok: false, error: { code: 'OTHER', message: '' } };
    await expect(encodeResult(fetchUrl, failed)).rejects.toThrow('error.code: ');
  });

  it('has the codes that the command line promises, each once', () => {
    expect(fetchErrorCodes.toSorted()).toEqual([
      'BAD_URL',
      'BLOCKED_ADDRESS',
      'DNS',
      'HTTP',
      'REDIRECTS',
      'REFUSED',
      'RESET',
      'SHORTAGE',
      'TIMEOUT',
      'TLS',
      'TOO_LARGE',
    ]);
  });

  it('has types that distinguish input from output', () => {
    expectTypeOf(fetchUrl.name).toEqualTypeOf<'http.fetch'>();
    expectTypeOf<PayloadInput<typeof fetchUrl>['body']>().toEqualTypeOf<'none' | 'text' | 'json' | undefined>();
    expectTypeOf<Payload<typeof fetchUrl>['body']>().toEqualTypeOf<'none' | 'text' | 'json'>();
    expectTypeOf<NonNullable<Result<typeof fetchUrl>['error']>['code']>().toEqualTypeOf<FetchErrorCode>();
  });
});
