import { createHash } from 'node:crypto';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { decodeResult, encodeResult, limits } from '@sluice/queue/contracts';
import { fetchUrl } from '@sluice/shared';
import { writeJson } from '@sluice/queue/json';
import { describe, expect, it } from 'vitest';
import { createFetchKit } from '../testing/fetch-kit.ts';
import { startTestSite } from '../testing/test-site.ts';

const MIB = 2 ** 20;

/** Serves one body, with these headers; Content-Length unless the body comes in chunks. */
function startBodySite(body: Buffer | string, headers: Record<string, string> = {}, chunked = false) {
  return startTestSite((_request, response) => {
    response.writeHead(200, headers);
    if (chunked) response.write(body);
    response.end(chunked ? undefined : body);
  });
}

const encoders: [name: string, encoding: string, encode: (body: Buffer) => Buffer][] = [
  ['gzip', 'gzip', gzipSync],
  ['x-gzip', 'X-GZIP', gzipSync],
  ['deflate (zlib)', 'deflate', deflateSync],
  ['deflate (bare)', 'deflate', deflateRawSync],
  ['brotli', 'br', brotliCompressSync],
  ['zstd', 'zstd', zstdCompressSync],
  ['gzip over brotli', 'br, gzip', (body) => gzipSync(brotliCompressSync(body))],
  ['identity', 'identity', (body) => body],
];

describe('http.fetch and encoded bodies', () => {
  const text = 'Hello, sluice. '.repeat(1_000);

  it.each(encoders)('decodes %s', async (_name, encoding, encode) => {
    await using site = await startBodySite(encode(Buffer.from(text)), { 'content-encoding': encoding });
    await using kit = createFetchKit();
    const result = await kit.fetch({ url: site.origin, body: 'text' });
    expect(result).toMatchObject({ ok: true, bytes: text.length, body: text });
    expect(result.sha256).toBe(createHash('sha256').update(text).digest('hex'));
  });

  it.each(encoders)('takes an empty body that calls itself %s for empty', async (_name, encoding) => {
    await using site = await startBodySite('', { 'content-encoding': encoding });
    await using kit = createFetchKit();
    expect(await kit.fetch({ url: site.origin, body: 'text' })).toMatchObject({ ok: true, bytes: 0, body: '' });
  });

  it.each(encoders.slice(0, -1))('says HTTP for a body that is not the %s it says', async (_name, encoding) => {
    await using site = await startBodySite('plainly not compressed', { 'content-encoding': encoding });
    await using kit = createFetchKit();
    expect((await kit.fetch(site.origin)).error).toMatchObject({
      code: 'HTTP',
      message: expect.stringContaining('does not match its content encoding'),
    });
  });

  it.each(['none', 'UTF-8', 'binary', '8bit', 'text/html', 'aws-chunked', '__proto__', ', ,'])(
    'takes a body as it is when its encoding is %s, which is none',
    async (encoding) => {
      await using site = await startBodySite(text, { 'content-encoding': encoding });
      await using kit = createFetchKit();
      expect(await kit.fetch({ url: site.origin, body: 'text' })).toMatchObject({ ok: true, body: text });
    },
  );

  it('decodes what is left of several encodings when some of them are none', async () => {
    await using site = await startBodySite(gzipSync(text), { 'content-encoding': 'utf-8, gzip, none' });
    await using kit = createFetchKit();
    expect(await kit.fetch({ url: site.origin, body: 'text' })).toMatchObject({ ok: true, body: text });
  });

  it.each([
    ['its checksum is missing', gzipSync(text).subarray(0, -8)],
    ['something follows it', Buffer.concat([gzipSync(text), Buffer.from('<!-- cached -->')])],
  ])('takes a gzip whose data is whole although %s', async (_what, body) => {
    await using site = await startBodySite(body, { 'content-encoding': 'gzip' });
    await using kit = createFetchKit();
    expect(await kit.fetch({ url: site.origin, body: 'text' })).toMatchObject({ ok: true, body: text });
  });

  it('says HTTP for a body that ends within its encoding', async () => {
    await using site = await startBodySite(gzipSync(text).subarray(0, 60), { 'content-encoding': 'gzip' });
    await using kit = createFetchKit();
    expect(await kit.fetch(site.origin)).toMatchObject({ ok: false, sha256: null, error: { code: 'HTTP' } });
  });

  it.each(['compress', 'utf-8, xz', 'gzip, gzip, gzip, gzip'])('says HTTP for an encoding of %s', async (encoding) => {
    await using site = await startBodySite('x', { 'content-encoding': encoding });
    await using kit = createFetchKit();
    expect((await kit.fetch(site.origin)).error?.code).toBe('HTTP');
  });

  const bomb = Buffer.alloc(64 * MIB);
  it.each(encoders)('stops at the limit of a bomb of %s', async (_name, encoding, encode) => {
    await using site = await startBodySite(encode(bomb), { 'content-encoding': encoding }, true);
    await using kit = createFetchKit();
    const before = process.memoryUsage().rss;
    const result = await kit.fetch({ url: site.origin, maxBodyBytes: 100_000 });
    expect(result).toMatchObject({
      ok: false,
      status: 200,
      bytes: 100_000,
      sha256: null,
      error: { code: 'TOO_LARGE', message: 'the body is larger than 100000 bytes' },
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(32 * MIB);
  });

  it('stops at the limit of a bomb within a bomb, which is small on the wire', async () => {
    const twice = gzipSync(gzipSync(bomb));
    await using site = await startBodySite(twice, { 'content-encoding': 'gzip, gzip' });
    await using kit = createFetchKit();
    expect(twice.length).toBeLessThan(1_000);
    expect((await kit.fetch({ url: site.origin, maxBodyBytes: 100_000 })).error?.code).toBe('TOO_LARGE');
  });

  it('stops a stream that decodes to nothing and never ends', async () => {
    const nothing = gzipSync('');
    await using site = await startTestSite((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      const pour = () => void (response.writable && response.write(Buffer.concat(Array(1_000).fill(nothing)), pour));
      pour();
    });
    await using kit = createFetchKit();
    expect((await kit.fetch({ url: site.origin, maxBodyBytes: 1_000 })).error?.code).toBe('TOO_LARGE');
  });
});

describe('http.fetch and the size of bodies', () => {
  it.each([true, false])(
    'takes a body of exactly the limit, and refuses one byte more (chunked: %s)',
    async (chunked) => {
      await using site = await startBodySite('x'.repeat(5_000), {}, chunked);
      await using kit = createFetchKit();
      expect(await kit.fetch({ url: site.origin, maxBodyBytes: 5_000 })).toMatchObject({ ok: true, bytes: 5_000 });
      expect((await kit.fetch({ url: site.origin, maxBodyBytes: 4_999 })).error?.code).toBe('TOO_LARGE');
    },
  );

  it('refuses a body by its Content-Length before any of it comes', async () => {
    await using site = await startTestSite((_request, response) => {
      response.writeHead(200, { 'content-length': '5000' }).flushHeaders();
    });
    await using kit = createFetchKit();
    const result = await kit.fetch({ url: site.origin, maxBodyBytes: 1_000 });
    expect(result).toMatchObject({ ok: false, status: 200, bytes: 0, error: { code: 'TOO_LARGE' } });
  });

  it('hashes a body that is too large for a result, when the body is not asked for', async () => {
    const large = Buffer.alloc(3 * MIB, 'large');
    await using site = await startBodySite(large);
    await using kit = createFetchKit();
    const sha256 = createHash('sha256').update(large).digest('hex');
    expect(await kit.fetch(site.origin)).toMatchObject({ ok: true, bytes: 3 * MIB, sha256 });
    expect(await kit.fetch({ url: site.origin, body: 'text' })).toMatchObject({
      ok: false,
      bytes: 3 * MIB,
      sha256,
      error: { code: 'TOO_LARGE' },
    });
  });

  it.each([
    ['just fits', 'x'.repeat(limits.resultMaxBytes - 1_000), true],
    ['does not fit', 'x'.repeat(limits.resultMaxBytes - 10), false],
    ['does not fit once its NULs are escaped', '\0'.repeat(limits.resultMaxBytes / 5), false],
  ])('keeps the result within its limit: a text that %s', async (_what, text, fits) => {
    await using site = await startBodySite(text);
    await using kit = createFetchKit();
    const result = await kit.fetch({ url: site.origin, body: 'text' });
    expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThanOrEqual(limits.resultMaxBytes);
    expect(result.ok).toBe(fits);
    expect(result.error?.code).toBe(fits ? undefined : 'TOO_LARGE');
    expect(result.body).toBe(fits ? text : undefined);
  });
});

describe('http.fetch and text', () => {
  it.each([
    ['UTF-8 by default', undefined, Buffer.from('naïve ✓'), 'naïve ✓'],
    ['the charset of the Content-Type', 'text/plain; charset="ISO-8859-1"', Buffer.from('naïve', 'latin1'), 'naïve'],
    ['UTF-16', 'text/plain;charset=utf-16le', Buffer.from('naïve', 'utf16le'), 'naïve'],
    ['UTF-8 for a charset that nobody knows', 'text/plain; charset=klingon', Buffer.from('ok'), 'ok'],
    ['no byte order mark', 'text/plain', Buffer.from('\uFEFFok'), 'ok'],
    ['U+FFFD for broken bytes', 'text/plain', Buffer.from([0x61, 0xff, 0xc3]), 'a\uFFFD\uFFFD'],
    ['NUL, quotes and line separators', 'text/plain', Buffer.from('\0"\\\u2028\n'), '\0"\\\u2028\n'],
    ['U+FFFD for half a pair of UTF-16', 'text/plain;charset=utf-16le', Buffer.from([0x00, 0xd8, 0x61, 0]), '\uFFFDa'],
  ])('reads %s', async (_what, contentType, bytes, text) => {
    await using site = await startBodySite(bytes, contentType === undefined ? {} : { 'content-type': contentType });
    await using kit = createFetchKit();
    const result = await kit.fetch({ url: site.origin, body: 'text' });
    expect(result.body).toBe(text);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  it('gives no body of a page that failed', async () => {
    await using site = await startTestSite((_request, response) => response.writeHead(404).end('gone'));
    await using kit = createFetchKit();
    expect(await kit.fetch({ url: site.origin, body: 'text' })).not.toHaveProperty('body');
  });
});

describe('http.fetch and JSON', () => {
  it.each(['{"a":[1,null,true,"\\ud800 \\u0000"],"b":{}}', '[]', '"text"', 'null', '0', ' \n{"a":1}\n'])(
    'parses %s',
    async (json) => {
      await using site = await startBodySite(json, { 'content-type': 'application/json' });
      await using kit = createFetchKit();
      const result = await kit.fetch({ url: site.origin, body: 'json' });
      expect(result).toMatchObject({ ok: true, error: null });
      expect(JSON.parse(JSON.stringify(result)).body).toEqual(JSON.parse(json));
    },
  );

  it.each(['', '{', '<html>', "{'a':1}", 'undefined'])('says HTTP for %j', async (text) => {
    await using site = await startBodySite(text);
    await using kit = createFetchKit();
    expect(await kit.fetch({ url: site.origin, body: 'json' })).toMatchObject({
      ok: false,
      status: 200,
      bytes: text.length,
      sha256: expect.any(String),
      error: { code: 'HTTP', message: 'the body is not JSON' },
    });
  });

  it('says HTTP for JSON that nests as deep as a stack', async () => {
    await using site = await startBodySite('['.repeat(100_000) + ']'.repeat(100_000));
    await using kit = createFetchKit();
    expect((await kit.fetch({ url: site.origin, body: 'json' })).error?.code).toBe('HTTP');
  });

  it.each([
    '{"id":9007199254740993}',
    '{"id":-9007199254740993}',
    '{"list":[1,{"deep":[12345678901234567890]}]}',
    '{"amount":0.1234567890123456789}',
    '{"id":9007199254740991,"x":1.10}',
    '{"n":{"x":1e-999}}',
    '[1e999,1E5,1.0e+2]',
    '{"n":-0,"x":[-0.0]}',
    '{"__proto__":{"a":1},"b":2}',
    '{"__proto__":9007199254740993}',
    '{"a":1,"a":2}',
    '{"b":1,"10":2,"9":3}',
    '"caf\\u00e9 \\/"',
    '9007199254740993',
    '-0',
  ])('brings %s back text by text', async (text) => {
    await using site = await startBodySite(` ${text.replaceAll(',', ',\n\t')}\r\n`);
    await using kit = createFetchKit();
    const result = await kit.fetch({ url: site.origin, body: 'json' });
    expect(result).toMatchObject({ ok: true, error: null });
    const { json } = await encodeResult(fetchUrl, result);
    expect(json).toContain(`"body":${text}`);
    expect(writeJson((await decodeResult(fetchUrl, json)).body)).toBe(text);
  });
});
