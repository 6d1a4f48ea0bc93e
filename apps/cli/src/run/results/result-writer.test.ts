import { describe, expect, it, vi } from 'vitest';
import { badLineResult, type ResultLine } from './result-line.ts';
import type { ResultSink } from './result-sink.ts';
import { ResultWriter } from './result-writer.ts';

const resultOf = (line: number, message = 'no'): ResultLine => badLineResult({ line, shownUrl: 'x', message });

/** A sink whose writes end when the test says so. */
class SlowSink implements ResultSink {
  readonly writes: string[] = [];
  finished = false;
  #open: (() => void)[] = [];

  async write(bytes: Buffer): Promise<void> {
    this.writes.push(bytes.toString());
    await new Promise<void>((resolve) => this.#open.push(resolve));
  }

  release(): void {
    this.#open.shift()?.();
  }

  async finish(): Promise<void> {
    this.finished = true;
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}

const lines = (sink: SlowSink): number[] =>
  sink.writes.flatMap((text) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as ResultLine).line),
  );

describe('ResultWriter', () => {
  it('writes values as they are, the sign of a zero too', async () => {
    const sink = new SlowSink();
    const writer = new ResultWriter(sink);
    await writer.put({ ...resultOf(1), body: { n: [-0, 0] } } as ResultLine);
    await vi.waitFor(() => expect(sink.writes.join('')).toContain('{"n":[-0,0]}'));
    sink.release();
    await writer.finish();
  });

  it('writes what came during one write with the next one', async () => {
    const sink = new SlowSink();
    const writer = new ResultWriter(sink);
    await writer.put(resultOf(1));
    await expect.poll(() => sink.writes.length).toBe(1);
    await writer.put(resultOf(2));
    await writer.put(resultOf(3));
    sink.release();
    await expect.poll(() => sink.writes.length).toBe(2);
    const finishing = writer.finish();
    expect(sink.finished).toBe(false);
    sink.release();
    await finishing;
    expect(lines(sink)).toEqual([1, 2, 3]);
    expect(sink.finished).toBe(true);
  });

  it('makes its caller wait for a slow reader', async () => {
    const sink = new SlowSink();
    const writer = new ResultWriter(sink);
    const message = 'x'.repeat(600_000);
    await writer.put(resultOf(1));
    await expect.poll(() => sink.writes.length).toBe(1);
    await writer.put(resultOf(2, message));
    let third = false;
    const putting = writer.put(resultOf(3, message)).then(() => (third = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(third).toBe(false);
    sink.release();
    await expect.poll(() => sink.writes.length).toBe(2);
    sink.release();
    await putting;
    expect(lines(sink)).toEqual([1, 2, 3]);
  });

  it('fails every later call with the error of a failed write', async () => {
    const failure = new Error('the disk is full');
    const sink = { write: () => Promise.reject(failure), finish: async () => undefined, close: async () => undefined };
    const writer = new ResultWriter(sink);
    await writer.put(resultOf(1));
    await expect(writer.finish()).rejects.toBe(failure);
    await expect(writer.put(resultOf(2))).rejects.toBe(failure);
  });
});
