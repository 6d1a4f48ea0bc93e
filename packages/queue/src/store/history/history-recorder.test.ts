import { expect, it } from 'vitest';
import { HistoryRecorder } from './history-recorder.ts';

it('writes at its close what it has counted, and does not wait for a Redis that is away', async () => {
  const sent: unknown[] = [];
  const recorder = new HistoryRecorder((records) => {
    sent.push([...records.keys()]);
    return new Promise(() => undefined);
  });
  recorder.count('email.send', 'completed');
  await recorder.close();
  expect(sent).toEqual([['email.send']]);
});
