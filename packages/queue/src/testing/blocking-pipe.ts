import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A named pipe that blocks the thread that reads it, in native code, until `release`. The end of the test calls that too. */
export interface BlockingPipe {
  readonly pipe: string;
  release(): Promise<void>;
}

export function makeBlockingPipe(): BlockingPipe {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-pipe-'));
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  // For reading and writing, because that does not wait for a reader.
  const release = () => open(pipe, 'r+').then((file) => file.close());
  onTestFinished(async () => {
    await release();
    rmSync(folder, { recursive: true });
  });
  return { pipe, release };
}
