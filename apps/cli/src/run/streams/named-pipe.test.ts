import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../../testing/test-folder.ts';
import { openPipeForReading, openPipeForWriting } from './named-pipe.ts';

async function makePipe(): Promise<string> {
  const path = join(await testFolder(), 'pipe');
  execFileSync('mkfifo', [path]);
  return path;
}

const never = new AbortController().signal;

describe('a named pipe', () => {
  it('is written once it has a reader, and says that it waits for one', async () => {
    const path = await makePipe();
    const waiting = Promise.withResolvers<void>();
    const opening = openPipeForWriting(path, never, waiting.resolve);
    await waiting.promise;
    const reader = await openPipeForReading(path);
    const writer = await opening;
    writer.end('one\n');
    expect(await text(reader)).toBe('one\n');
  });

  it('without a reader is given up when that is asked for', async () => {
    const given = new AbortController();
    const opening = openPipeForWriting(await makePipe(), given.signal, () => given.abort());
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('is read to its end, however late its first writer comes', async () => {
    const path = await makePipe();
    const reading = text(await openPipeForReading(path));
    await writeFile(path, 'a line\n');
    expect(await reading).toBe('a line\n');
  });

  it('without a writer can be closed', async () => {
    const reader = await openPipeForReading(await makePipe());
    reader.resume();
    reader.destroy();
    await once(reader, 'close');
    expect(reader.destroyed).toBe(true);
  });
});
