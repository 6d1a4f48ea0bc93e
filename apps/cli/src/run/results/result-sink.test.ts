import { describe, expect, it } from 'vitest';
import { OwnedSink } from './result-sink.ts';

describe('OwnedSink', () => {
  it('writes nothing when the run has another owner', async () => {
    const written: string[] = [];
    let isOurs = true;
    const sink = new OwnedSink(
      { write: async (bytes) => void written.push(String(bytes)), finish: async () => {}, close: async () => {} },
      { confirm: () => (isOurs ? Promise.resolve() : Promise.reject(new Error('lost'))) },
    );
    await sink.write(Buffer.from('one'));
    isOurs = false;
    await expect(sink.write(Buffer.from('two'))).rejects.toThrow('lost');
    expect(written).toEqual(['one']);
  });
});
