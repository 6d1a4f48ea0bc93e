import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../cli-errors.ts';
import { testFolder } from '../../testing/test-folder.ts';
import { dropFailedResults } from './drop-failed-results.ts';

const ok = (line: number, more = ''): string =>
  `{"line":${line},"url":"http://a/${line}","ok":true,"attempts":1,"error":null,"body":9007199254740993${more}}\n`;
const failed = (line: number, code: string): string =>
  `${JSON.stringify({ line, url: `http://a/${line}`, ok: false, attempts: 1, error: { code, message: '' } })}\n`;

async function layOutput(text: string): Promise<string> {
  const path = join(await testFolder(), 'out');
  await writeFile(path, text);
  return path;
}

describe('dropFailedResults', () => {
  it('keeps to the letter what is ok, and what no other try can change', async () => {
    const path = await layOutput(ok(4) + failed(1, 'DNS') + failed(3, 'BAD_URL') + failed(2, 'HTTP') + ok(5));
    await chmod(path, 0o640);
    expect(await dropFailedResults(path, `${path}.draft`)).toBe(2);
    expect(await readFile(path, 'utf8')).toBe(ok(4) + failed(3, 'BAD_URL') + ok(5));
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect(await readdir(join(path, '..'))).toEqual(['out']);
  });

  it('leaves a torn last line out, and whatever an earlier try left of its draft', async () => {
    const path = await layOutput(`${ok(1)}{"line":2,"ur`);
    await writeFile(`${path}.draft`, 'x'.repeat(10_000));
    expect(await dropFailedResults(path, `${path}.draft`)).toBe(0);
    expect(await readFile(path, 'utf8')).toBe(ok(1));
  });

  it('keeps the order of more lines than it holds at a time', async () => {
    const padding = `,"x":"${'x'.repeat(10_000)}"`;
    const lines = Array.from({ length: 300 }, (_, index) => ok(index + 1, padding));
    const path = await layOutput(lines.join('') + failed(301, 'RESET'));
    expect(await dropFailedResults(path, `${path}.draft`)).toBe(1);
    expect(await readFile(path, 'utf8')).toBe(lines.join(''));
  });

  it('changes nothing of a file that holds anything else', async () => {
    const path = await layOutput(`${failed(1, 'DNS')}dear diary\n`);
    await expect(dropFailedResults(path, `${path}.draft`)).rejects.toThrow(UsageError);
    expect(await readFile(path, 'utf8')).toContain('dear diary');
    expect(await readdir(join(path, '..'))).toEqual(['out']);
  });
});
