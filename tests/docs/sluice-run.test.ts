import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fetchErrorCodes, fetchUrl } from '@sluice/shared';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The names in backticks in the first column of the table below a heading. */
function firstColumn(section: string, header: string): string[] {
  const table = section.slice(section.indexOf(`| ${header} |`)).split('\n\n')[0] ?? '';
  const cells = table.split('\n').flatMap((row) => /^\| (.*?) \|/.exec(row)?.[1] ?? []);
  return cells.slice(2).flatMap((cell) => cell.match(/[^`, ]+/g) ?? []);
}

describe('docs/sluice-run.md', () => {
  let text: string;
  let help: string;
  beforeAll(async () => {
    text = await readFile(`${root}/docs/sluice-run.md`, 'utf8');
    const main = ['-C', '@sluice/source', 'apps/cli/src/main.ts', 'run', '--help'];
    help = (await promisify(execFile)(process.execPath, main, { cwd: root })).stdout;
  });

  it('lists every option that the command has, and no other', () => {
    const listed = firstColumn(text, 'option').filter((name) => name.startsWith('--'));
    const options = help.slice(help.indexOf('Options:'), help.indexOf('\n\n', help.indexOf('Options:')));
    const there = [...options.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map((match) => match[1]);
    expect(listed.toSorted()).toEqual(there.filter((name) => name !== '--help').toSorted());
  });

  it('shows no form of the command that prints a banner among the results', async () => {
    const pages = await Promise.all(
      ['README.md', 'CONTRIBUTING.md'].map((page) => readFile(`${root}/${page}`, 'utf8')),
    );
    const shown = [text, help, ...pages].flatMap((page) => page.match(/npm run .*sluice.*/g) ?? []);
    expect(shown.length).toBeGreaterThanOrEqual(3);
    expect(shown.filter((form) => !form.startsWith('npm run -s sluice -- '))).toEqual([]);
  });

  it('lists every code of a failed fetch, and no other', () => {
    expect(firstColumn(text, 'code').toSorted()).toEqual([...fetchErrorCodes].toSorted());
  });

  it('lists every field of a result, and no other', () => {
    // What a refusal asked for, and whether to try again, is between the worker and the run.
    const written = Object.keys(fetchUrl.result.shape).filter((field) => !['refusal', 'worthRetrying'].includes(field));
    expect(firstColumn(text, 'field').toSorted()).toEqual(['line', ...written].toSorted());
  });

  it('knows the exit codes that the help names', () => {
    const named =
      /Exit codes:([^]*?)\n\n/
        .exec(help)?.[1]
        ?.match(/\b\d+ /g)
        ?.map((code) => code.trim()) ?? [];
    const section = text.slice(text.indexOf('## Exit codes'));
    expect(named.length).toBeGreaterThan(3);
    expect(firstColumn(section, 'code')).toEqual(named);
  });
});
