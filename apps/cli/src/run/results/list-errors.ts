import { open } from 'node:fs/promises';
import { UsageError } from '../../cli-errors.ts';
import { readEarlierResults } from './earlier-results.ts';
import { openInput } from '../input/input-source.ts';
import { readInputLines } from '../input/input-lines.ts';
import { parseLine } from '../input/fetch-line.ts';
import { OutputPipe } from './output-pipe.ts';
import type { RunOptions } from '../run-options.ts';

/**
 * Writes the lines of a list whose result is an error, as they stand in the list, credentials included: a new list. What has no
 * result yet is left out.
 *
 * @throws UsageError when there are no results, or they are of another list; OutputFailedError when they cannot be written.
 */
export async function listErrors(
  { input, out }: Pick<RunOptions, 'input' | 'out'>,
  stdout: NodeJS.WritableStream,
): Promise<void> {
  if (out === null || input === '-')
    throw new UsageError('--only-errors needs the file of the list, and of its results (-o)');
  const failed = await readFailed(out);
  const list = new OutputPipe(stdout);
  for await (const group of readInputLines((await openInput(input)).chunks())) {
    const chosen = group.filter((line) => {
      const url = failed.get(line.line);
      if (url !== undefined && url !== parseLine(line).shownUrl) throw ofAnotherList(out, input, line.line);
      return url !== undefined;
    });
    if (chosen.length > 0) await list.write(Buffer.from(chosen.map(({ text }) => `${text}\n`).join('')));
  }
}

/** The lines that failed and their URLs as they are shown. */
async function readFailed(out: string): Promise<Map<number, string>> {
  await using file = await open(out, 'r').catch((error: unknown) => {
    throw new UsageError(`${out} cannot be read: ${(error as Error).message}`, { cause: error });
  });
  const failed = new Map<number, string>();
  await readEarlierResults(file, out, ({ ok, line, url }) => {
    if (!ok) failed.set(line, url);
  });
  return failed;
}

function ofAnotherList(out: string, input: string, line: number): UsageError {
  return new UsageError(`${out} has results of another list: line ${line} of ${input} is another one`);
}
