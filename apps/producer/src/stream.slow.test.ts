import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { redisTest as test } from '@sluice/testing/vitest';
import { expect, onTestFinished } from 'vitest';
import { listening, startProducer } from './testing/producer-process.ts';

const MIB = 2 ** 20;

async function residentBytes(pid: number | undefined): Promise<number> {
  const kib = /VmRSS:\s*(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) * 1_024;
}

test.skipIf(process.platform !== 'linux')(
  'a client that sends lines without end into a full queue is slowed, and the service does not grow',
  async ({ redis, prefix, queueName }) => {
    const env = {
      REDIS_URL: redis.url,
      PORT: '0',
      SLUICE_PREFIX: prefix,
      SLUICE_QUEUE: queueName,
      SLUICE_CAPACITY: '100',
    };
    const { child, lines } = startProducer(env);
    const url = new URL(await listening(lines));
    const before = await residentBytes(child.pid);
    const socket = connect(Number(url.port), url.hostname);
    onTestFinished(() => void socket.destroy());
    socket.setEncoding('utf8');
    let text = '';
    socket.on('data', (chunk: string) => (text += chunk));
    const head = `POST /v1/queues/${queueName}/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson`;
    socket.write(`${head}\r\ntransfer-encoding: chunked\r\n\r\n`);

    const line = `${JSON.stringify({ job: 'http.fetch', payload: { url: `http://example.test/${'x'.repeat(900)}` } })}\n`;
    const many = line.repeat(1_000);
    const chunk = `${many.length.toString(16)}\r\n${many}\r\n`;
    let sent = 0;
    const flood = async (): Promise<void> => {
      while (sent < 200 * MIB) {
        sent += chunk.length;
        if (!socket.write(chunk)) await once(socket, 'drain');
      }
    };
    void flood().catch(() => undefined);
    await expect.poll(() => text.match(/"receipt"/g)?.length).toBe(100);
    // The connection takes no more once nothing has been taken for a while.
    let last = -1;
    await expect
      .poll(
        () => {
          const isStill = last === socket.bytesWritten;
          last = socket.bytesWritten;
          return isStill;
        },
        { interval: 1_000, timeout: 20_000 },
      )
      .toBe(true);
    expect(sent).toBeLessThan(100 * MIB);
    expect((await residentBytes(child.pid)) - before).toBeLessThan(100 * MIB);
    socket.destroy();
    child.kill('SIGINT');
    expect((await once(child, 'close'))[0]).toBe(0);
  },
);
