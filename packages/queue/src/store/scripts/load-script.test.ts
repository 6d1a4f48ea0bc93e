import { describe, expect, it } from 'vitest';
import { loadScript, type ReadInclude, resolveIncludes } from './load-script.ts';

const reader =
  (files: Record<string, string>): ReadInclude =>
  (name) =>
    files[name];

describe('the loader of Lua scripts', () => {
  it('puts what a file includes before it, and what that includes before that', () => {
    const read = reader({ inner: 'local inner', outer: '--- @include "inner"\nlocal outer' });
    const lines = resolveIncludes('entry', '--- @include "outer"\nreturn outer', read).split('\n');
    expect(lines.filter((line) => !line.startsWith('---'))).toEqual(['local inner', 'local outer', 'return outer']);
  });

  it('includes a file once, however many need it', () => {
    const read = reader({
      shared: 'local shared',
      one: '--- @include "shared"\nlocal one',
      two: '--- @include "shared"\nlocal two',
    });
    const text = resolveIncludes('entry', '--- @include "one"\n--- @include "two"\nreturn 1', read);
    expect(text.match(/local shared/g)).toHaveLength(1);
  });

  it('puts what is included when a function is called into that function, with what only it includes', () => {
    const read = reader({
      shared: 'local shared',
      inner: 'local inner',
      rare: '--- @include "shared"\n--- @include "inner"\nlocal function rare() end',
    });
    const entry = '--- @include "shared"\n--- @include "rare" when rare is called\nreturn rare';
    const lines = resolveIncludes('entry', entry, read).split('\n');
    expect(lines.filter((line) => !line.startsWith('---'))).toEqual([
      'local shared',
      'local loaded = {}',
      'local function rare(...)',
      'if loaded.rare then return loaded.rare(...) end',
      'local inner',
      'local function rare() end',
      'loaded.rare = rare',
      'return rare(...)',
      'end',
      'return rare',
    ]);
  });

  it('includes a file at the top where one needs it there and another when a function is called', () => {
    const read = reader({ part: 'local function fn() end' });
    const text = resolveIncludes('entry', '--- @include "part"\n--- @include "part" when fn is called', read);
    expect(text).not.toContain('loaded');
  });

  it('names the file that includes a missing one', () => {
    const read = reader({ part: '--- @include "nothing"' });
    expect(() => resolveIncludes('entry', '--- @include "part"', read)).toThrow(
      'part.lua includes "nothing", which does not exist',
    );
    expect(() => loadScript('nothing')).toThrow('there is no script lua/nothing.lua');
    expect(() => loadScript('wake-after')).toThrow('wake-after.lua includes "original", which does not exist');
  });

  it('names the files of a circle, in their order', () => {
    const read = reader({ one: '--- @include "two"', two: '--- @include "one"' });
    expect(() => resolveIncludes('entry', '--- @include "one"', read)).toThrow(
      'Lua files include each other in a circle: entry → one → two → one',
    );
  });

  it('takes an include only where it is a line of its own', () => {
    const text = 'local text = \'--- @include "part"\'';
    expect(resolveIncludes('entry', text, () => undefined)).toBe(text);
  });

  it('gives a wrapping script the function that it is wrapped around, and the number of its keys', () => {
    const text = loadScript('wake-after', { name: 'drain', keys: 5 });
    expect(text.indexOf('function bullmq.drain(KEYS, ARGV)')).toBeGreaterThan(0);
    expect(text).toContain('local original, ORIGINAL_KEYS = bullmq.drain, 5');
  });

  it('says what the installed BullMQ does not have', () => {
    expect(() => loadScript('wake-after', { name: 'drain', keys: 99 })).toThrow('drain with 99 keys');
  });
});
