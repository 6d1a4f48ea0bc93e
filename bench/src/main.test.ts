import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

/** The command line as it is typed. */
function bench(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, ['-C', '@sluice/source', main, ...args]);
}

it('bench put refuses a count out of range, with the range', async () => {
  await expect(bench('put', '--rounds', '0')).rejects.toThrow('It must be a whole number from 1 to 100.');
});

it('bench --help names its benches', async () => {
  const { stdout } = await bench('--help');
  expect(stdout).toMatch(/^ {2}put /m);
  for (const name of ['all', 'wait', 'take', 'life', 'recover', 'control', 'http'])
    expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
});

it('bench control refuses a row that it does not know, and names those that it knows', async () => {
  await expect(bench('control', 'cancel', 'cancle')).rejects.toThrow('It must be one of cancel, poison, replay');
});

it('bench all keeps no quick figures', async () => {
  await expect(bench('all', '--quick', '--save')).rejects.toThrow('--save keeps the figures of all rounds and cases');
});
