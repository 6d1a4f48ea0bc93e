import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ResultOfRun {
  line: number;
  url: string;
  ok: boolean;
  status: number | null;
  attempts: number;
  error: { code: string; message: string } | null;
  body?: unknown;
}

/** A folder with a list of URLs, for one run. */
export class RunFolder implements AsyncDisposable {
  readonly path: string;
  readonly input: string;
  readonly out: string;

  private constructor(path: string) {
    this.path = path;
    this.input = join(path, 'urls.txt');
    this.out = join(path, 'out.ndjson');
  }

  static async make(lines: readonly string[]): Promise<RunFolder> {
    const folder = new RunFolder(await mkdtemp(join(tmpdir(), 'sluice-run-')));
    await writeFile(folder.input, lines.map((line) => `${line}\n`).join(''));
    return folder;
  }

  /** In the order of the lines. */
  async results(): Promise<ResultOfRun[]> {
    const lines = (await readFile(this.out, 'utf8')).split('\n');
    if (lines.pop() !== '') throw new Error('the last line of the output has no end');
    return lines.map((line) => JSON.parse(line) as ResultOfRun).sort((a, b) => a.line - b.line);
  }

  async lineNumbers(): Promise<number[]> {
    return (await this.results()).map(({ line }) => line);
  }

  names(): Promise<string[]> {
    return readdir(this.path).then((names) => names.sort());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** 1 to `most`. */
export function upTo(most: number): number[] {
  return Array.from({ length: most }, (_, index) => index + 1);
}
