import { execFileSync } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../../testing/test-folder.ts';
import { openPipeForReading } from '../streams/named-pipe.ts';
import { OutputPipe } from './output-pipe.ts';

const hooks = { signal: new AbortController().signal, note: () => undefined };

describe('OutputPipe', () => {
  it('keeps no descriptor of a process substitution that other processes would inherit', async () => {
    const fifo = join(await testFolder(), 'pipe');
    execFileSync('mkfifo', [fifo]);
    const reader = await openPipeForReading(fifo);
    const fd = openSync(fifo, constants.O_RDWR);
    const pipe = await OutputPipe.open({ kind: 'stream', path: `/dev/fd/${fd}`, fd, holds: 'pipe' }, hooks);
    expect(() => fstatSync(fd)).toThrow('EBADF');
    await pipe.write(Buffer.from('a line\n'));
    expect(String((await once(reader, 'data'))[0])).toBe('a line\n');
    reader.destroy();
  });

  it('leaves the descriptor of a device open', async () => {
    const fd = openSync('/dev/null', 'w');
    const pipe = await OutputPipe.open({ kind: 'stream', path: `/dev/fd/${fd}`, fd, holds: 'device' }, hooks);
    await pipe.write(Buffer.from('a line\n'));
    await pipe.close();
    expect(fstatSync(fd).isCharacterDevice()).toBe(true);
    closeSync(fd);
  });
});
