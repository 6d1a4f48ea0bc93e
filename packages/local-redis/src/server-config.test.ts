import { describe, expect, it } from 'vitest';
import { renderArguments, renderConfig, serverSettings } from './server-config.ts';

describe('server settings', () => {
  it('let the caller overrule every default', () => {
    expect(serverSettings('/data', false, { 'maxmemory-policy': 'allkeys-lru' })).toMatchObject({
      'maxmemory-policy': 'allkeys-lru',
    });
  });

  it('keep an append-only file only when asked to', () => {
    expect(serverSettings('/data', true)).toMatchObject({ appendonly: 'yes', appendfsync: 'everysec' });
    expect(serverSettings('/data', false)).not.toHaveProperty('appendonly');
  });

  it('stand in the file as redis.conf has them', () => {
    const settings = { save: '', dir: '/with space', 'client-output-buffer-limit': ['normal', '0', '0', '0'] };
    expect(renderConfig(settings)).toBe('save ""\ndir "/with space"\nclient-output-buffer-limit normal 0 0 0\n');
  });

  it('keep every character of a path', () => {
    expect(renderConfig({ unixsocket: `/a b/'#"\\/größe` })).toBe(`unixsocket "/a b/'#\\"\\\\/größe"\n`);
    expect(renderConfig({ unixsocket: '/two\nlines\u0085' })).toBe('unixsocket "/two\\x0alines\\xc2\\x85"\n');
  });

  it('have an argument for each part of a list', () => {
    expect(renderArguments({ save: '', hz: '10', 'client-output-buffer-limit': ['normal', '0', '0', '0'] })).toEqual([
      '--save',
      '',
      '--hz',
      '10',
      '--client-output-buffer-limit',
      'normal',
      '0',
      '0',
      '0',
    ]);
  });
});
