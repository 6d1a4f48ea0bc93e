import { describe, expect, it } from 'vitest';
import { testLogger } from '../testing/test-logger.ts';
import { PoolEmitter } from '../attempt/pool-events.ts';
import { logEvents } from './pool-log.ts';

function logged(emit: (events: PoolEmitter) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  const events = new PoolEmitter();
  logEvents(events, testLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } }));
  emit(events);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the log of a pool', () => {
  it("names a job as its handler's own lines do", () => {
    const about = { id: 'a', job: 'mail', attempt: 2 };
    const failed = { ...about, code: 'ERROR', message: 'boom', ms: 5 };
    const lines = logged((events) => {
      events.emit('started', about);
      events.emit('completed', { ...about, ms: 5 });
      events.emit('retried', { ...failed, delayMs: 5 });
      events.emit('dead', failed);
      events.emit('settledByWatchdog', { ...about, outcome: 'dead' });
    });
    expect(lines).toHaveLength(5);
    for (const line of lines) {
      expect(line).toMatchObject({ jobId: 'a', job: 'mail', attempt: 2 });
      expect(line).not.toHaveProperty('id');
    }
  });

  it('marks what must not go unnoticed without a logger', () => {
    const lines = logged((events) => {
      events.emit('redisLost', { message: 'away' });
      events.emit('leaseThreadLost', { message: 'away' });
      events.emit('fault', { where: 'a thread', error: new Error('boom') });
    });
    expect(lines.map(({ warning }) => warning)).toEqual(['redis-lost', 'leases-not-renewed', 'fault']);
  });
});
