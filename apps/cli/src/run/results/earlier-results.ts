import type { FileHandle } from 'node:fs/promises';
import { fetchErrorCodes } from '@sluice/shared';
import { z } from 'zod';
import { UsageError } from '../../cli-errors.ts';
import type { CountedResult } from './run-counts.ts';

/** What an earlier run wrote about one line. */
export interface EarlierResult extends CountedResult {
  line: number;
  url: string;
}

/** The most bytes of one line of the output; a longer one was not written by a run. */
const RESULT_MAX_BYTES = 2 ** 24;
const LF = 0x0a;

const earlierResult: z.ZodType<EarlierResult> = z.object({
  line: z.int().min(1),
  url: z.string(),
  ok: z.boolean(),
  attempts: z.int(),
  error: z.object({ code: z.enum(fetchErrorCodes), message: z.string() }).nullable(),
});

/**
 * Reads the complete lines of an output file in bounded memory and says where they end: what follows is a line that
 * a killed run did not finish. `each` gets the line itself, too, with its end.
 *
 * @throws UsageError when a complete line is not a result.
 */
export async function readEarlierResults(
  file: FileHandle,
  name: string,
  each: (result: EarlierResult, line: Buffer) => void | Promise<void>,
): Promise<{ endOfLastLine: number }> {
  let rest: Buffer = Buffer.alloc(0);
  let endOfLastLine = 0;
  let number = 0;
  const chunks: AsyncIterable<Buffer> = file.createReadStream({ start: 0, autoClose: false, highWaterMark: 2 ** 18 });
  for await (const chunk of chunks) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let start = 0;
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
      number += 1;
      const line = bytes.subarray(start, end + 1);
      const handled = each(parseResult(line.toString('utf8', 0, end - start), name, number), line);
      // Most have nothing to wait for, and a list may have a million lines.
      if (handled) await handled;
      endOfLastLine += end + 1 - start;
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > RESULT_MAX_BYTES) throw notOurs(name, number + 1);
  }
  return { endOfLastLine };
}

function parseResult(text: string, name: string, number: number): EarlierResult {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notOurs(name, number);
  }
  const parsed = earlierResult.safeParse(value);
  if (!parsed.success) throw notOurs(name, number);
  return parsed.data;
}

function notOurs(name: string, number: number): UsageError {
  return new UsageError(
    `line ${number} of ${name} is not a result of a run, so nothing was added to it.\n` +
      `Name another file with -o, or start over with --restart (it deletes what is in ${name}).`,
  );
}
