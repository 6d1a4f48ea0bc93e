import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../contracts/job-contract.ts';
import { PayloadInvalidError, ResultInvalidError, VersionTooNewError } from '../errors/index.ts';
import { decodePayload, decodeResult } from './decode.ts';
import { encodePayload, encodeResult } from './encode.ts';

/** Version 1 had `host`; 2 has `url`; 3 has `urls`. */
const contract = defineJob({
  name: 'a.job',
  version: 3,
  payload: z.object({ urls: z.array(z.string()), mode: z.string().default('fast') }),
  result: z.object({ at: z.string().transform((text) => new Date(text)) }),
  upcasts: {
    1: (old) => ({ url: `http://${z.object({ host: z.string() }).parse(old).host}` }),
    2: (old) => ({ urls: [z.object({ url: z.string() }).parse(old).url] }),
  },
});

describe('decodePayload', () => {
  it('gives the output of the schema', async () => {
    const { json } = await encodePayload(contract, { urls: ['http://a'] });
    expect(await decodePayload(contract, 3, json)).toEqual({ urls: ['http://a'], mode: 'fast' });
  });

  it('upcasts step by step from the version that was put', async () => {
    expect(await decodePayload(contract, 1, '{"host":"a"}')).toMatchObject({ urls: ['http://a'] });
    expect(await decodePayload(contract, 2, '{"url":"http://b"}')).toMatchObject({ urls: ['http://b'] });
  });

  it('parses an old payload as it is when the contract has no upcasts', async () => {
    const grown = defineJob({ name: 'a', version: 2, payload: z.object({ n: z.int().default(7) }), result: z.void() });
    expect(await decodePayload(grown, 1, '{}')).toEqual({ n: 7 });
  });

  it('refuses a version that is newer than this contract', async () => {
    const refused = decodePayload(contract, 4, '{"urls":[]}');
    await expect(refused).rejects.toThrow(VersionTooNewError);
    await expect(refused).rejects.toMatchObject({ contract: 'a.job', version: 4, knownVersion: 3 });
  });

  it('refuses a payload that no longer parses, with its paths', async () => {
    const refused = decodePayload(contract, 3, '{"urls":["a",5]}');
    await expect(refused).rejects.toThrow(PayloadInvalidError);
    await expect(refused).rejects.toMatchObject({ issues: [{ path: ['urls', 1] }] });
  });

  it('refuses a payload that an upcast cannot read, and keeps the reason', async () => {
    const refused = decodePayload(contract, 1, '{"hots":"a"}');
    await expect(refused).rejects.toThrow('cannot be upcast from version 1');
    await expect(refused).rejects.toMatchObject({ cause: expect.any(z.ZodError) });
  });

  it('refuses what an async upcast gives, also when it rejects', async () => {
    for (const upcast of [async () => ({}), async () => Promise.reject(new Error('later'))]) {
      const job = defineJob({ name: 'a', version: 2, payload: z.any(), result: z.void(), upcasts: { 1: upcast } });
      await expect(decodePayload(job, 1, '{}')).rejects.toThrow('the upcast from version 1 must not be async');
    }
  });

  it('refuses what is not JSON', async () => {
    const refused = decodePayload(contract, 3, '{"urls":');
    await expect(refused).rejects.toThrow('is not JSON');
    await expect(refused).rejects.toMatchObject({ cause: expect.any(SyntaxError) });
  });

  it('waits for a schema that is asynchronous', async () => {
    const slow = defineJob({ name: 'a', payload: z.string().transform(async (text) => text.length), result: z.void() });
    expect(await decodePayload(slow, 1, '"abc"')).toBe(3);
  });
});

describe('a value that is undefined', () => {
  const optional = defineJob({ name: 'a', payload: z.string().optional(), result: z.void() });

  it('comes back as undefined to a schema that has no null', async () => {
    const payload = await encodePayload(optional, undefined);
    const result = await encodeResult(optional, undefined);
    expect(await decodePayload(optional, 1, payload.json)).toBeUndefined();
    expect(await decodeResult(optional, result.json)).toBeUndefined();
  });

  it.each([
    ['nullish', z.string().nullish(), undefined],
    ['any', z.any(), undefined],
    ['nullable with a default', z.string().nullable().default('x'), 'x'],
    ['a coercion', z.coerce.string(), 'undefined'],
    ['a slow schema', z.any().refine(async () => true), undefined],
  ])('comes back as what the schema makes of undefined, not of null: %s', async (_, schema, expected) => {
    const nullable = defineJob({ name: 'a', payload: schema, result: schema });
    const payload = await encodePayload(nullable, undefined);
    const result = await encodeResult(nullable, undefined);
    expect(await decodePayload(nullable, 1, payload.json)).toBe(expected);
    expect(await decodeResult(nullable, result.json)).toBe(expected);
  });

  it('is not what null comes back as', async () => {
    const nullable = defineJob({ name: 'a', payload: z.string().nullish(), result: z.void() });
    const { json } = await encodePayload(nullable, null);
    expect(await decodePayload(nullable, 1, json)).toBeNull();
  });

  it('does not allow a null that the schema refuses', async () => {
    const text = defineJob({ name: 'a', payload: z.string(), result: z.void() });
    await expect(decodePayload(text, 1, 'null')).rejects.toThrow('expected string, received null');
  });
});

describe('decodeResult', () => {
  it('gives the output of the schema', async () => {
    expect(await decodeResult(contract, '{"at":"2026-01-01T00:00:00Z"}')).toEqual({ at: new Date('2026-01-01') });
  });

  it('refuses what the schema refuses, and what is not JSON', async () => {
    await expect(decodeResult(contract, '{}')).rejects.toThrow(ResultInvalidError);
    await expect(decodeResult(contract, '')).rejects.toThrow('is not JSON');
  });
});
