import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OutputFailedError, UsageError } from '../../cli-errors.ts';
import { testFolder } from '../../testing/test-folder.ts';
import type { EarlierResult } from './earlier-results.ts';
import { OutputFile } from './output-file.ts';

const resultOf = (line: number, more: object = {}): string =>
  `${JSON.stringify({ line, url: `http://a/${line}`, ok: true, attempts: 1, error: null, ...more })}\n`;

async function fileWith(content: string): Promise<string> {
  const path = join(await testFolder(), 'out.ndjson');
  await writeFile(path, content);
  return path;
}

async function takeUp(path: string): Promise<{ output: OutputFile; results: EarlierResult[] }> {
  const output = await OutputFile.open(path);
  const results: EarlierResult[] = [];
  await output.takeUp((result) => results.push(result));
  return { output, results };
}

describe('OutputFile', () => {
  it('continues after the last complete line and cuts a torn one off', async () => {
    const path = await fileWith(`${resultOf(1)}${resultOf(5)}${resultOf(7).slice(0, 30)}`);
    const { output, results } = await takeUp(path);
    expect(results.map(({ line }) => line)).toEqual([1, 5]);
    await output.write(Buffer.from(resultOf(7)));
    await output.close();
    expect(await readFile(path, 'utf8')).toBe(resultOf(1) + resultOf(5) + resultOf(7));
  });

  it('cuts off a torn line that is all there is', async () => {
    const path = await fileWith('{"line":1,"url"');
    const { output, results } = await takeUp(path);
    expect(results).toEqual([]);
    await output.close();
    expect(await readFile(path, 'utf8')).toBe('');
  });

  it('reads lines that are longer than one chunk, and many of them', async () => {
    const long = resultOf(1, { body: 'ä'.repeat(400_000) });
    const path = await fileWith(long + Array.from({ length: 5_000 }, (_, index) => resultOf(index + 2)).join(''));
    const { output, results } = await takeUp(path);
    expect(results.map(({ line }) => line)).toEqual(Array.from({ length: 5_001 }, (_, index) => index + 1));
    await output.close();
  });

  it.each([
    ['text', 'dear diary\n'],
    ['an object of another kind', '{"a":1}\n'],
    ['a list after a result', `${resultOf(1)}[]\n`],
    ['a blank line after a result', `${resultOf(1)}\n`],
  ])('leaves a file alone that no run wrote, as it has %s', async (_what, content) => {
    const path = await fileWith(content);
    await expect(takeUp(path)).rejects.toThrow(UsageError);
    expect(await readFile(path, 'utf8')).toBe(content);
  });

  it('says that the disk is full', async () => {
    const output = await OutputFile.open('/dev/full');
    const failure: unknown = await output.write(Buffer.from(resultOf(1))).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OutputFailedError);
    expect((failure as Error).message).toBe('cannot write results to /dev/full: the disk is full');
    await output.close();
  });
});
