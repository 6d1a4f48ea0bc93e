import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deliverWebhook } from '@sluice/shared';
import { defineHandler, type PayloadInput } from '@sluice/queue';
import { silentLogger } from '@sluice/queue/logging';
import { type JobRun, runJob, type RunJobOptions } from '@sluice/testing';
import { sendWebhook } from '../handlers/webhook-deliver.ts';
import { anyAddress } from '../http/connection/address-policy.ts';
import { HostBackoff } from '../http/hosts/host-backoff.ts';
import { HostSlots } from '../http/hosts/host-slots.ts';
import { OwnShortage } from '../http/errors/own-shortage.ts';
import { RefusalCounts } from '../http/hosts/refusal-counts.ts';
import { HttpPool, type HttpPoolOptions } from '../http/http-pool.ts';
import { WebhookSecrets } from '../webhook/webhook-secrets.ts';

/** A new secret, as Standard Webhooks write it. */
export function newSecret(bytes = 24): string {
  return `whsec_${randomBytes(bytes).toString('base64')}`;
}

/** A file of secrets that goes with the test. */
export interface SecretsFile extends AsyncDisposable {
  readonly path: string;
  write(content: unknown): Promise<void>;
}

/** @param content text as it is, else what is written as JSON */
export async function writeSecretsFile(content: unknown): Promise<SecretsFile> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-webhooks-'));
  const path = join(folder, 'secrets.json');
  const write = (next: unknown): Promise<void> =>
    writeFile(path, typeof next === 'string' ? next : JSON.stringify(next), { mode: 0o600 });
  await write(content);
  return { path, write, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

export interface WebhookKit extends AsyncDisposable {
  /** The secrets named `acme`, newest first. */
  readonly secrets: readonly string[];
  /** Runs the handler once. */
  send(
    payload: Pick<PayloadInput<typeof deliverWebhook>, 'url'> & Partial<PayloadInput<typeof deliverWebhook>>,
    attempt?: Omit<RunJobOptions, 'version'>,
  ): Promise<JobRun<typeof deliverWebhook>>;
}

export interface WebhookKitOptions extends Partial<HttpPoolOptions> {
  perHost?: number;
}

/** The handler with a pool and secrets of its own; private addresses are allowed by default. */
export async function createWebhookKit({ perHost = 5, ...options }: WebhookKitOptions = {}): Promise<WebhookKit> {
  const acme = [newSecret(), newSecret(64)];
  await using file = await writeSecretsFile({ acme });
  const http = new HttpPool({ policy: anyAddress, userAgent: 'sluice/test', ...options });
  const deps = {
    http,
    backoff: new HostBackoff(),
    refusals: new RefusalCounts(),
    shortage: new OwnShortage({ holdMs: 0 }),
    secrets: await WebhookSecrets.open(file.path, silentLogger()),
    slots: new HostSlots({ perHost }),
  };
  const handler = defineHandler(deliverWebhook, (job) => sendWebhook(job, deps));
  return {
    secrets: acme,
    send: (payload, run = {}) =>
      runJob(
        handler,
        { type: 'invoice.paid', data: { id: 7 }, secret: 'acme', ...payload },
        { id: randomUUID(), ...run },
      ),
    [Symbol.asyncDispose]: () => http.close(),
  };
}
