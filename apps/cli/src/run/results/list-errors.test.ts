import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../cli-errors.ts';
import { testFolder } from '../../testing/test-folder.ts';
import { listErrors } from './list-errors.ts';

const result = (line: number, url: string, ok: boolean): string =>
  `${JSON.stringify({ line, url, ok, attempts: 1, error: ok ? null : { code: 'DNS', message: '' } })}\n`;

async function list(lines: string, results: string): Promise<string> {
  const folder = await testFolder();
  const [input, out] = [join(folder, 'list'), join(folder, 'out')];
  await writeFile(input, lines);
  await writeFile(out, results);
  const stdout = new PassThrough();
  await listErrors({ input, out }, stdout);
  stdout.end();
  return text(stdout);
}

describe('listErrors', () => {
  it('writes the lines that failed as the list has them, in its order', async () => {
    const lines = '# pages\nhttp://a/1\nhttp://me:s3cret@a/2\n\nhttp://a/3\nhttp://a/4\n';
    const results = result(5, 'http://a/3', false) + result(2, 'http://a/1', true) + result(3, 'http://a/2', false);
    expect(await list(lines, results)).toBe('http://me:s3cret@a/2\nhttp://a/3\n');
  });

  it('writes nothing when nothing failed', async () => {
    expect(await list('http://a/1\n', result(1, 'http://a/1', true))).toBe('');
  });

  it.each([
    ['of another list', 'http://a/1\n', result(1, 'http://b/1', false), 'results of another list'],
    ['that are none', 'http://a/1\n', 'dear diary\n', 'is not a result of a run'],
  ])('refuses results %s', async (_, lines, results, message) => {
    const refused = list(lines, results);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(message);
  });

  it('needs files', async () => {
    await expect(listErrors({ input: '-', out: 'out' }, new PassThrough())).rejects.toThrow('--only-errors needs');
    await expect(listErrors({ input: 'list', out: null }, new PassThrough())).rejects.toThrow('--only-errors needs');
  });
});
