import { describe, expect, it } from 'vitest';
import { PoolEmitter } from '../attempt/pool-events.ts';
import type { HistoryRecord } from '../job/history/history-record.ts';
import { HistoryRecorder } from '../store/history/history-recorder.ts';
import { recordEvents } from './record-events.ts';

describe('the history of a pool', () => {
  it('counts each end of a job without success as dead, and what the lease thread ended once', async () => {
    const sent: ReadonlyMap<string, HistoryRecord>[] = [];
    const history = new HistoryRecorder(async (records) => void sent.push(records));
    const events = new PoolEmitter();
    recordEvents(history, events);
    const about = { id: '1', job: 'greet', attempt: 1 };
    const failure = { ...about, code: 'X', message: 'x', ms: 1 };
    events.emit('dead', failure);
    events.emit('expired', failure);
    events.emit('cancelled', failure);
    events.emit('settledByWatchdog', { ...about, outcome: 'completed' });
    events.emit('dead', { ...failure, code: 'SLUICE_JOB_TIMEOUT' });
    events.emit('leaseLost', { ...about, outcome: 'dead' });
    await history.flush();
    expect(sent[0]?.get('greet')?.counts).toMatchObject({ dead: 4, completed: 0, retried: 0 });
  });
});
