import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger } from '@sluice/queue/logging';
import { beforeEach } from 'vitest';
import { UsageError } from '../cli-errors.ts';
import { testFolder } from './test-folder.ts';
import { silentReport } from '../run/progress/progress.ts';
import { openLists, type RunLists } from '../run/open-lists.ts';
import { runDefaults, type RunHooks, type RunOptions } from '../run/run-options.ts';

/** Of a line of {@link OpenedList}, as a run writes it. */
export const resultOf = (line: number, url: string, ok = true, code = 'HTTP'): string =>
  `${JSON.stringify({ line, url, ok, attempts: 1, error: ok ? null : { code, message: '' } })}\n`;

/** A list of three lines, one of them no URL, in a folder of its own, and the runs that are opened on it. */
class OpenedList {
  folder = '';
  notes: string[] = [];

  get input(): string {
    return join(this.folder, 'urls.txt');
  }

  get out(): string {
    return join(this.folder, 'out.ndjson');
  }

  async write(): Promise<void> {
    this.folder = await testFolder();
    this.notes = [];
    await writeFile(this.input, 'http://a/1\nhttp://me:s3cret@a/2\nnonsense\n');
  }

  open(more: Partial<RunOptions> = {}): ReturnType<typeof openLists> {
    const hooks: RunHooks = {
      report: { ...silentReport, note: (line) => void this.notes.push(line) },
      signal: new AbortController().signal,
      log: silentLogger(),
    };
    return openLists({ ...runDefaults, input: this.input, out: this.out, ...more }, hooks);
  }

  async openFresh(more: Partial<RunOptions> = {}): Promise<RunLists> {
    const opened = await this.open(more);
    if ('finished' in opened) throw new Error('it is finished');
    return opened;
  }
}

/** A list for the tests of a file, written anew before each. */
export function useList(): OpenedList {
  const list = new OpenedList();
  beforeEach(() => list.write());
  return list;
}

/** What a killed run leaves: its lock is taken over, because this process gave it back. */
export async function cutShort(lists: RunLists): Promise<void> {
  await lists.sink.close();
  await lists.state?.release();
}

/** The message with which a run is refused. */
export const refusal = (opening: Promise<unknown>): Promise<string> =>
  opening.then(
    () => 'it was opened',
    (error: unknown) => (error instanceof UsageError ? error.message : `not a UsageError: ${String(error)}`),
  );
