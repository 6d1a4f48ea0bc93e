import { open } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { UsageError } from '../../cli-errors.ts';
import { readEarlierResults } from './earlier-results.ts';
import { parseLine } from '../input/fetch-line.ts';
import { readInputLines } from '../input/input-lines.ts';
import type { InputSource } from '../input/input-source.ts';
import { LineNumberSet } from '../input/line-number-set.ts';
import { RunCounts } from './run-counts.ts';

/**
 * Whether a file already holds exactly the results of a list: a finished run leaves nothing else behind by which
 * the same command, given once more, can see that it has nothing to do.
 *
 * @returns what the results count up to, or null when the file is anything else.
 */
export async function readFinishedOutput(path: string, input: InputSource): Promise<RunCounts | null> {
  const found = await readLines(path);
  if (found === null || found.counts.lines !== input.digest?.lines) return null;
  let expected = 0;
  for await (const group of readInputLines(input.chunks())) {
    for (const line of group) expected = mix(expected, line.line, parseLine(line).shownUrl);
  }
  return expected === found.mixed ? found.counts : null;
}

async function readLines(path: string): Promise<{ counts: RunCounts; mixed: number } | null> {
  const file = await open(path, 'r');
  try {
    const counts = new RunCounts();
    const lines = new LineNumberSet();
    let mixed = 0;
    const { endOfLastLine } = await readEarlierResults(file, path, (result) => {
      if (!lines.add(result.line)) return;
      counts.countResult(result);
      mixed = mix(mixed, result.line, result.url);
    });
    return endOfLastLine === (await file.stat()).size ? { counts, mixed } : null;
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  } finally {
    await file.close();
  }
}

/** A sum does not depend on the order, and results are in the order of their completion. */
function mix(sum: number, line: number, url: string): number {
  const digest = createHash('sha256').update(`${line} ${url}`).digest();
  // Kept to the 48 bits of a digest: a sum above 2^53 would be rounded, and then depend on the order.
  return (sum + digest.readUIntLE(0, 6)) % 2 ** 48;
}
