import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { OutputFailedError } from '../../cli-errors.ts';
import { readEarlierResults } from './earlier-results.ts';
import { mayEndOtherwise } from './run-counts.ts';

/** How much is written at a time, in bytes. */
const BLOCK_BYTES = 2 ** 20;

/**
 * Takes the results out of an output that another try may change. The file is replaced in one step: killed at any moment, it has
 * either all of them or none.
 *
 * @param draft where the new file is made: in the output's folder, under a name that is not taken
 * @returns how many were taken out
 * @throws UsageError when the file holds anything else; OutputFailedError when it cannot be written. It is unchanged then.
 */
export async function dropFailedResults(path: string, draft: string): Promise<number> {
  const { mode } = await stat(path);
  await using old = await open(path, 'r');
  try {
    const dropped = await copyKept(old, path, draft, mode);
    await rename(draft, path);
    return dropped;
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function copyKept(old: FileHandle, path: string, draft: string, mode: number): Promise<number> {
  await using kept = await open(draft, 'w', mode).catch((error: unknown) => {
    throw new OutputFailedError(draft, error as NodeJS.ErrnoException);
  });
  const block = new Block(kept, draft);
  let dropped = 0;
  await readEarlierResults(old, path, (result, line) => {
    if (!mayEndOtherwise(result)) return block.add(line);
    dropped += 1;
  });
  await block.write();
  await kept.sync();
  return dropped;
}

/** Lines that are written together. */
class Block {
  readonly #file: FileHandle;
  readonly #name: string;
  #lines: Buffer[] = [];
  #bytes = 0;

  constructor(file: FileHandle, name: string) {
    this.#file = file;
    this.#name = name;
  }

  add(line: Buffer): void | Promise<void> {
    this.#lines.push(line);
    this.#bytes += line.length;
    if (this.#bytes >= BLOCK_BYTES) return this.write();
  }

  async write(): Promise<void> {
    const bytes = Buffer.concat(this.#lines);
    this.#lines = [];
    this.#bytes = 0;
    try {
      await this.#file.writeFile(bytes); // goes on where the last one ended
    } catch (error) {
      throw new OutputFailedError(this.#name, error as NodeJS.ErrnoException);
    }
  }
}
