import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isolatedRedisTest as test } from '@sluice/testing/vitest';
import { expect, vi } from 'vitest';

const command = fileURLToPath(import.meta.resolve('@sluice/cli/main'));
const cwd = fileURLToPath(new URL('.', import.meta.url));

/** A program of the example, as its reader starts it. */
function startProgram(args: string[], env: Record<string, string>) {
  const child = spawn(process.execPath, ['-C', '@sluice/source', ...args], {
    cwd,
    env: { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let written = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (written += text));
  return {
    output: () => written,
    /** Where it listens. */
    origin: () =>
      vi.waitFor(
        () => {
          const [, origin] = /listening on (http:\/\/[\d.:]+)/.exec(written) ?? [];
          assert(origin, `no address yet: ${written}`);
          return origin;
        },
        { timeout: 30_000 },
      ),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

test('a webhook that curl puts is verified by its receiver', async ({ redis }) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-webhooks-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true }));
  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  const secretsFile = join(folder, 'secrets.json');
  await writeFile(secretsFile, JSON.stringify({ acme: secret }));
  const receiver = stack.use(startProgram(['receiver.ts'], { WEBHOOK_SECRET: secret, PORT: '0' }));
  const service = stack.use(startProgram([command, 'serve', '--redis', redis.url, '--port', '0'], {}));
  stack.use(
    startProgram([command, 'worker', '--redis', redis.url], {
      SLUICE_WEBHOOK_SECRETS_FILE: secretsFile,
      SLUICE_ALLOW_PRIVATE: 'true',
    }),
  );
  const env = {
    PATH: process.env['PATH'],
    SLUICE: await service.origin(),
    RECEIVER: `${await receiver.origin()}/hooks`,
  };
  const { stdout } = await promisify(execFile)('sh', ['send-webhook.sh'], { cwd, env });
  const [put = '', ended = ''] = stdout.trim().split('\n');
  expect(JSON.parse(put)).toMatchObject({ id: 'order-17-paid', status: 'created' });
  expect(JSON.parse(ended)).toMatchObject({ state: 'completed', result: { messageId: 'order-17-paid', status: 204 } });
  expect(receiver.output()).toContain('new order-17-paid: order.paid {"order":17}');

  const forged = await fetch(env.RECEIVER, {
    method: 'POST',
    body: '{}',
    headers: {
      'webhook-id': 'a',
      'webhook-timestamp': String(Math.floor(Date.now() / 1_000)),
      'webhook-signature': 'v1,AAAA',
    },
  });
  expect(forged.status).toBe(401);
});
