import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cpusIn, describePinning, pinProcesses } from './cpu-pinning.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinning-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A `taskset` that names these CPUs, and notes where what was moved. */
async function machineWith(cpus: string): Promise<{ pid: number; env: NodeJS.ProcessEnv }> {
  const script = `#!/bin/sh
case "$*" in
  "-c -p 42") echo "pid 42's current affinity list: ${cpus}" ;;
  *) echo "$*" >"$0.moved" ;;
esac
`;
  await writeFile(join(folder, 'taskset'), script, { mode: 0o755 });
  return { pid: 42, env: { PATH: folder } };
}

describe('processes are pinned', () => {
  it('to all CPUs but the first, which is for Redis', async () => {
    expect(await pinProcesses(await machineWith('0-2,7'))).toEqual({ store: '0', others: '1,2,7' });
    expect(await readFile(join(folder, 'taskset.moved'), 'utf8')).toBe('-a -c -p 1,2,7 42\n');
  });

  it('not where there is one CPU', async () => {
    expect(await pinProcesses(await machineWith('3'))).toBe('this process may use one CPU only');
  });

  it('not where there is no taskset, and then it says so', async () => {
    const pinning = await pinProcesses({ pid: 42, env: { PATH: folder } });
    expect(describePinning(pinning)).toBe('Nothing was pinned to CPUs: there is no taskset here (util-linux has it).');
  });

  it('not where taskset is not allowed to', async () => {
    await writeFile(join(folder, 'taskset'), '#!/bin/sh\necho "not permitted" >&2\nexit 1\n', { mode: 0o755 });
    expect(await pinProcesses({ pid: 42, env: { PATH: folder } })).toMatch(/^taskset failed \(.*not permitted\)$/);
  });
});

it('reads the lists of CPUs that taskset writes', () => {
  expect(cpusIn(' 0-3,8\n')).toEqual(['0', '1', '2', '3', '8']);
  expect(cpusIn('0-6:3')).toEqual(['0', '3', '6']);
  expect(() => cpusIn('ff')).toThrow('taskset names no CPUs');
});
