import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { runCli } from './testing/run-cli.ts';

/** The commands that the help lists. */
async function commandNames(): Promise<string[]> {
  const { stdout } = await runCli(['--help']);
  return [...stdout.matchAll(/^ {2}([a-z]+) (?:\[options\] |  )/gm)].map(([, name = '']) => name);
}

it('docs/command-line.md names every command', async () => {
  const page = await readFile(new URL('../../../docs/command-line.md', import.meta.url), 'utf8');
  const names = (await commandNames()).filter((name) => name !== 'demo');
  expect(names.length).toBeGreaterThan(9);
  expect(names.filter((name) => !page.includes(name))).toEqual([]);
});

it('every command has examples and exit codes in its help', async () => {
  for (const name of await commandNames()) {
    const { stdout, code } = await runCli([name, '--help']);
    expect(code).toBe(0);
    expect(stdout, name).toMatch(/Exit codes: .*Examples:\n {2}\$ /s);
  }
});

it('a command that is misspelt is refused with the one that was meant', async () => {
  expect(await runCli(['statsu'])).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean status?') });
});
