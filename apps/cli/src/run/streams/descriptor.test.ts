import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../../testing/test-folder.ts';
import { descriptorOf } from './descriptor.ts';

describe('descriptorOf', () => {
  it.each([
    ['/dev/stdin', 0],
    ['/dev/stdout', 1],
    ['/dev/stderr', 2],
    ['/dev/../dev//stdout', 1],
    ['/dev/fd/1', 1],
    ['/dev/fd/63', 63],
    ['/proc/self/fd/1', 1],
    ['/proc/thread-self/fd/4', 4],
    [`/proc/${process.pid}/fd/7`, 7],
    ['/proc/1/fd/1', null],
    ['/dev/null', null],
    ['/dev/fd/x', null],
    ['out.ndjson', null],
  ])('reads %s', async (path, descriptor) => {
    expect(await descriptorOf(path)).toBe(descriptor);
  });

  it('follows links', async () => {
    const folder = await testFolder();
    await symlink('/dev/stdout', join(folder, 'one'));
    await symlink('one', join(folder, 'two'));
    await symlink('loop', join(folder, 'loop'));
    expect(await descriptorOf(join(folder, 'two'))).toBe(1);
    expect(await descriptorOf(join(folder, 'loop'))).toBeNull();
  });
});
