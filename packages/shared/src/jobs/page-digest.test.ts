import { describe, expect, it } from 'vitest';
import { decodePayload, encodePayload } from '@sluice/queue/contracts';
import { pageDigest } from './page-digest.ts';

describe('the page.digest contract', () => {
  it.each(['http://a.example/x', 'HTTPS://a.example:8443/?q#f', 'http://größe.example/ü', ' http://a.example/\n'])(
    'takes %j for where the page was found',
    async (url) => {
      const { json } = await encodePayload(pageDigest, { html: '', url });
      expect(await decodePayload(pageDigest, 1, json)).toMatchObject({ url: url.trim() });
    },
  );

  it.each([
    ['a tab', 'http://a.example/x\ty'],
    ['the end of a line', 'http://a.example/x\ny'],
    ['a second URL', 'http://a.example/\r\nhttp://b.example/'],
    ['another scheme', 'ftp://a.example/'],
    ['no scheme', 'a.example'],
    ['nothing', ''],
    ['more than 2,048 characters', `http://a.example/${'x'.repeat(2_048)}`],
  ])('refuses %s in it', async (_, url) => {
    await expect(encodePayload(pageDigest, { html: '', url })).rejects.toThrow('url: ');
  });
});
