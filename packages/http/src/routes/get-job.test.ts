import { silentLogger } from '@sluice/queue/logging';
import { describe, expect, it } from 'vitest';
import { ScriptedProducer, scriptedQueue, snapshotOf } from '../testing/scripted-producer.ts';
import { buildServer } from '../build-server.ts';

function serverWith(producer: ScriptedProducer): ReturnType<typeof buildServer> {
  return buildServer({ producers: [scriptedQueue(producer)], logger: silentLogger() });
}

describe('the state of a job', () => {
  it('is asked for under the id that the caller gave, however it is written in the URL', async () => {
    const producer = new ScriptedProducer();
    const ended = { state: 'completed', attempts: 1, result: { ok: true }, startedAt: 2, endedAt: 3 } as const;
    producer.onFind = async (id) => snapshotOf({ id, ...ended });
    const answer = await serverWith(producer).inject('/v1/queues/fetches/jobs/a%2Fb%20%C3%BC');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      queue: 'fetches',
      id: 'a/b ü',
      job: 'http.fetch',
      progress: null,
      createdAt: 1,
      ...ended,
    });
  });

  it('takes the longest id that a put takes', async () => {
    const producer = new ScriptedProducer();
    const asked: string[] = [];
    producer.onFind = async (id) => {
      asked.push(id);
      return null;
    };
    const longest = ' '.repeat(200);
    await serverWith(producer).inject(`/v1/queues/fetches/jobs/${encodeURIComponent(longest)}`);
    expect(asked).toEqual([longest]);
  });

  it('is 404 when the queue keeps no such job', async () => {
    const answer = await serverWith(new ScriptedProducer()).inject('/v1/queues/fetches/jobs/gone');
    expect(answer.json()).toMatchObject({ status: 404, code: 'SLUICE_JOB_NOT_FOUND' });
  });

  it('is 404 in a queue that is not served', async () => {
    const answer = await serverWith(new ScriptedProducer()).inject('/v1/queues/letters/jobs/a');
    expect(answer.json()).toMatchObject({ status: 404, code: 'SLUICE_UNKNOWN_QUEUE' });
  });
});
