import type { LookupFunction } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { createFetchKit } from '../../testing/fetch-kit.ts';
import { startTestSite } from '../../testing/test-site.ts';
import { publicAddressesOnly, type AddressPolicy } from './address-policy.ts';

/** Takes 127.0.0.1 for a public address, so that a test site can be one, and no other address. */
const siteIsPublic: AddressPolicy = (address) =>
  address === '127.0.0.1' ? null : (publicAddressesOnly(address) ?? 'elsewhere');

/** Answers each question with the next list of addresses, the last one for ever. */
function nameServer(...answers: string[][]): LookupFunction & { asked: () => number } {
  let asked = 0;
  const lookup: LookupFunction = (_hostname, _options, callback) => {
    const answer = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    const addresses = answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    setImmediate(() => callback(null, addresses));
  };
  return Object.assign(lookup, { asked: () => asked });
}

describe('a pool that allows public addresses only', () => {
  // WHATWG URLs normalise the odd ways of writing 127.0.0.1; those that they do not know are no URLs.
  it.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.0.0.1/',
    'http://0177.0.0.1/',
    'http://0/',
    'http://①②⑦.0.0.1/',
    'http://127.0.0.1./',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::127.0.0.1]/',
    'http://[2002:7f00:1::]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://localhost/',
    'http://LOCALHOST./',
    'http://admin.localhost:8080/',
    'https://10.0.0.1/',
  ])('refuses %s', async (url) => {
    const lookup = nameServer(['8.8.8.8']);
    await using kit = createFetchKit({ policy: publicAddressesOnly, lookup });
    const result = await kit.fetch(url);
    expect(result).toMatchObject({ ok: false, status: null, error: { code: 'BLOCKED_ADDRESS' } });
    expect(lookup.asked()).toBe(0);
  });

  it('refuses a name that resolves to a private address, without connecting', async () => {
    await using site = await startTestSite((_request, response) => response.end());
    await using kit = createFetchKit({ policy: publicAddressesOnly, lookup: nameServer(['127.0.0.1']) });
    const { error } = await kit.fetch(`http://rebound.example:${site.port}/`);
    expect(error).toEqual({
      code: 'BLOCKED_ADDRESS',
      message: 'rebound.example is not at a public address (loopback)',
    });
    expect(site.connections()).toBe(0);
  });

  it('refuses a name with one private address among public ones', async () => {
    await using site = await startTestSite((_request, response) => response.end());
    await using kit = createFetchKit({ policy: siteIsPublic, lookup: nameServer(['127.0.0.1', '10.0.0.1']) });
    const { error } = await kit.fetch(`http://mixed.example:${site.port}/`);
    expect(error?.code).toBe('BLOCKED_ADDRESS');
    expect(site.connections()).toBe(0);
  });

  it('connects to the address that it checked, and does not ask the name server again (rebinding)', async () => {
    await using site = await startTestSite((_request, response) => response.end('public'));
    const lookup = nameServer(['127.0.0.1'], ['169.254.169.254']);
    await using kit = createFetchKit({ policy: siteIsPublic, lookup });
    const result = await kit.fetch(`http://rebinding.example:${site.port}/`);
    expect(result).toMatchObject({ ok: true, bytes: 6 });
    expect(lookup.asked()).toBe(1);
  });

  it('checks again when a later connection resolves the name again', async () => {
    await using site = await startTestSite((_request, response) => {
      response.setHeader('connection', 'close').end('public');
    });
    const lookup = nameServer(['127.0.0.1'], ['169.254.169.254']);
    await using kit = createFetchKit({ policy: siteIsPublic, lookup });
    const url = `http://rebinding.example:${site.port}/`;
    expect(await kit.fetch(url)).toMatchObject({ ok: true });
    expect(await kit.fetch(url)).toMatchObject({ ok: false, error: { code: 'BLOCKED_ADDRESS' } });
  });

  it('checks the address that the socket really reached', async () => {
    await using site = await startTestSite((_request, response) => response.end('secret'));
    // Approves of the address when it is resolved and not when the socket has it.
    const policy = vi.fn<AddressPolicy>().mockReturnValueOnce(null).mockReturnValue('private');
    await using kit = createFetchKit({ policy, lookup: nameServer(['127.0.0.1']) });
    const { error, bytes } = await kit.fetch(`http://turncoat.example:${site.port}/`);
    expect(error?.code).toBe('BLOCKED_ADDRESS');
    expect(bytes).toBe(0);
    expect(site.requests).toHaveLength(0);
  });

  it.each(['http://127.0.0.2:PORT/', 'http://hidden.example:PORT/', 'http://[::1]:PORT/', 'http://localhost:PORT/'])(
    'refuses a redirect to %s',
    async (location) => {
      await using site = await startTestSite((request, response) => {
        if (request.url === '/start') response.writeHead(302, { location: location.replace('PORT', `${site.port}`) });
        response.end();
      });
      await using kit = createFetchKit({ policy: siteIsPublic, lookup: nameServer(['10.1.2.3']) });
      const result = await kit.fetch(`${site.origin}/start`);
      expect(result).toMatchObject({ ok: false, status: 302, error: { code: 'BLOCKED_ADDRESS' } });
      expect(site.requests).toHaveLength(1);
    },
  );

  it('says DNS when a name has no address at all', async () => {
    await using kit = createFetchKit({ policy: publicAddressesOnly, lookup: nameServer([]) });
    expect((await kit.fetch('http://empty.example/')).error?.code).toBe('DNS');
  });
});
