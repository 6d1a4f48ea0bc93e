import { open } from 'node:fs/promises';
import { type FlowTree, readFlowTree } from '@sluice/queue';
import { FlowInvalidError } from '@sluice/queue/contracts';
import { UsageError } from '../cli-errors.ts';
import { readExactly } from './read-payload.ts';

/** What one call takes is 8 MiB; the rest is white space. */
const MOST_BYTES = 16 * 2 ** 20;

/**
 * Reads a flow so that what is put is what was written.
 *
 * @param path undefined for standard input
 * @throws FlowInvalidError with the jobs that are wrong, or have a number that would be rounded; UsageError when it cannot be read, is
 * no JSON, or is larger than 16 MiB
 */
export async function readFlow(path: string | undefined, stdin: AsyncIterable<Buffer | string>): Promise<FlowTree> {
  const text = path === undefined ? await textOf(stdin) : await textOfFile(path);
  const { value, inexact } = readExactly(text, 'the flow');
  if (inexact.length > 0) throw new FlowInvalidError(inexact);
  return readFlowTree(value);
}

async function textOfFile(path: string): Promise<string> {
  try {
    await using file = await open(path);
    return await textOf(file.createReadStream({ autoClose: false }));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`the flow cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function textOf(input: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    const buffer = Buffer.from(chunk);
    bytes += buffer.length;
    if (bytes > MOST_BYTES) throw new UsageError('the flow is larger than 16 MiB');
    chunks.push(buffer);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new UsageError('the flow is no UTF-8');
  }
}
