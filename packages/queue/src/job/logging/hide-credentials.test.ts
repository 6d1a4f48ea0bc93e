import { describe, expect, it } from 'vitest';
import { hideCredentials } from './hide-credentials.ts';

describe('hideCredentials', () => {
  it.each([
    ['a user and a password', 'https://me:s3cret@a.example/x?y#z', 'https://a.example/x?y#z'],
    ['a user alone, who may be a token', 'https://s3cret@a.example', 'https://a.example'],
    ['a password alone', 'redis://:s3cret@host:6379/0', 'redis://host:6379/0'],
    ['an @ in the password', 'https://me:s3c@ret@a.example/', 'https://a.example/'],
    ['a quote and a space in the password', 'https://me:s3"c ret@a.example/', 'https://a.example/'],
    ['a slash in a Redis password', 'redis://:s3/c?r#et@host:6379', 'redis://host:6379'],
    ['a slash in the password of a socket', 'unix://:s3/cret@/tmp/r.sock', 'unix:///tmp/r.sock'],
    ['capital letters', 'HTTPS://Me:S3cret@A.example', 'HTTPS://A.example'],
    ['one slash', 'http:/me:s3cret@a.example/', 'http:/a.example/'],
    ['no slash', 'http:me:s3cret@a.example/', 'http:a.example/'],
    ['backslashes', 'http:\\\\me:s3cret@a.example/', 'http:\\\\a.example/'],
    ['white space before it', ' \t\0http://me:s3cret@a.example/', ' \t\0http://a.example/'],
    ['a tab in the scheme, which parsers skip', 'ht\ttp://me:s3cret@a.example/x', 'http://a.example/x'],
    ['what no parser takes', 'redis://:s3cret@host:notaport', 'redis://host:notaport'],
    ['a scheme of its own', 'unix+tls://me:s3cret@host', 'unix+tls://host'],
  ])('takes away %s', (_, url, hidden) => {
    expect(hideCredentials(url)).toBe(hidden);
  });

  it.each([
    'https://a.example/@me/x?mail=me@b.example#@',
    'http://A.example:80/../%7e',
    'unix:///tmp/redis.sock',
    'unix:///tmp/a@b.sock',
    'mailto:me@a.example',
    'me@a.example',
    'no url at all',
    '',
  ])('leaves %j as it is', (url) => {
    expect(hideCredentials(url)).toBe(url);
  });

  it('leaves nothing of any place that a parser reads credentials from', () => {
    for (const start of ['http:', 'https://', 'ws:////', 'ftp:\\/', 'redis://', '\nhttp://', 'h\nttps://']) {
      for (const userinfo of ['s3cret@', ':s3cret@', 's3cret:@', 'a:s3cret@b@', '@s3cret@', 's3cret:s3cret:s3cret@']) {
        expect(hideCredentials(`${start}${userinfo}host/path`)).not.toContain('s3cret');
      }
    }
  });
});
