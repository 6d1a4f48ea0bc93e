import { describe, expect, it } from 'vitest';
import { FetchError } from '../errors/fetch-error.ts';
import { hostKey, parseTarget, redirectTarget, withoutCredentials } from './fetch-target.ts';

describe('parseTarget', () => {
  it('moves credentials from the URL into an Authorization header', () => {
    const { url, authorization } = parseTarget('https://us%40er:p%3Ass@example.org/a?b#c');
    expect(url.href).toBe('https://example.org/a?b#c');
    expect(Buffer.from(authorization?.replace('Basic ', '') ?? '', 'base64').toString()).toBe('us@er:p:ss');
  });

  it('takes a stray percent sign in a password for itself', () => {
    const { authorization } = parseTarget('http://user:50%@example.org/');
    expect(authorization).toBe(`Basic ${Buffer.from('user:50%').toString('base64')}`);
  });

  it.each([
    '',
    'example.org',
    '/path',
    'ftp://example.org/',
    'file:///etc/passwd',
    'javascript:1',
    'http://',
    'http://a b/',
    'http://a/b\tTitle',
    'http://a/b\r\nhttp://a/c',
  ])('refuses %j', (text) => {
    expect(() => parseTarget(text)).toThrow(expect.objectContaining({ failure: 'BAD_URL' }));
  });

  it('takes a URL with white space around it', () => {
    expect(parseTarget(' http://a/b\r\n').url.href).toBe('http://a/b');
  });

  it('does not repeat the text in its error', () => {
    expect(() => parseTarget('http://user:hunter2@bad host/')).toThrow(/^not an http or https URL$/);
  });
});

describe('redirectTarget', () => {
  const from = parseTarget('https://user:secret@example.org/a/b?c');

  it.each([
    ['/d', 'https://example.org/d'],
    ['d?e', 'https://example.org/a/d?e'],
    ['//example.org/x', 'https://example.org/x'],
    ['https://example.org:443/y', 'https://example.org/y'],
  ])('keeps credentials on the same origin: %s', (location, href) => {
    const target = redirectTarget(from, location);
    expect(target.url.href).toBe(href);
    expect(target.authorization).toBe(from.authorization);
  });

  it.each(['http://example.org/', 'https://example.org:8443/', 'https://sub.example.org/', '//evil.example/'])(
    'drops credentials on the way to %s',
    (location) => {
      expect(redirectTarget(from, location).authorization).toBeNull();
    },
  );

  it('does not get credentials back when a redirect returns to the first origin', () => {
    const away = redirectTarget(from, 'https://other.example/');
    expect(redirectTarget(away, 'https://example.org/').authorization).toBeNull();
  });

  it('does not use credentials that a Location brings', () => {
    const target = redirectTarget(from, 'https://root:toor@other.example/');
    expect(target).toMatchObject({ authorization: null });
    expect(target.url.href).toBe('https://other.example/');
  });

  it.each([
    ['another protocol', 'ftp://example.org/'],
    ['no address', 'http://[::1'],
    ['data', 'data:text/plain,hi'],
    ['a path that is too long', `/${'a'.repeat(9_000)}`],
  ])('says HTTP for %s', (_what, location) => {
    expect(() => redirectTarget(from, location)).toThrow(FetchError);
    expect(() => redirectTarget(from, location)).toThrow(expect.objectContaining({ failure: 'HTTP' }));
  });
});

describe('withoutCredentials', () => {
  it.each([
    ['http://example.org', 'http://example.org'],
    ['HTTP://Example.org/%7e?q=a@b', 'HTTP://Example.org/%7e?q=a@b'],
    ['http://user:secret@example.org/x', 'http://example.org/x'],
    ['http://secret@example.org', 'http://example.org/'],
    ['http:user:secret@example.org', 'http://example.org/'],
    ['http://user:se@cret@example.org/', 'http://example.org/'],
    ['http:\\\\user:secret@example.org\\', 'http://example.org/'],
    ['http://user:secret@bad host/', 'http://bad host/'],
    ['http://user:se/secret@example.org:99999/', 'http://example.org:99999/'],
    ['ftp://user:secret@example.org/', 'ftp://example.org/'],
    ['user:secret@example.org', 'example.org'],
  ])('shows %s as %s', (text, shown) => {
    expect(withoutCredentials(text)).toBe(shown);
  });
});

describe('hostKey', () => {
  it('distinguishes ports and knows the default ones', () => {
    expect(hostKey(new URL('http://example.org/a'))).toBe('example.org:80');
    expect(hostKey(new URL('https://example.org/a'))).toBe('example.org:443');
    expect(hostKey(new URL('https://example.org:8443/a'))).toBe('example.org:8443');
  });
});
