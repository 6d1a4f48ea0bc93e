import { rename } from 'node:fs/promises';
import { inspect } from 'node:util';
import { silentLogger } from '@sluice/queue/logging';
import { describe, expect, it, vi } from 'vitest';
import { createWebhookKit, newSecret, writeSecretsFile } from '../testing/webhook-kit.ts';
import { startWebhookReceiver } from '../testing/webhook-receiver.ts';
import { WebhookSecrets } from './webhook-secrets.ts';

const log = silentLogger();
const at = new Date(1_700_000_000_000);
const signatures = async (secrets: WebhookSecrets, name: string): Promise<string[]> =>
  (await secrets.find(name)).map((secret) => secret.sign('id', at, '{}'));

describe('the file of webhook secrets', () => {
  it('has one secret or several under a name', async () => {
    const [a, b, c] = [newSecret(), newSecret(32), newSecret(64)];
    await using file = await writeSecretsFile({ one: a, two: [b, c] });
    const secrets = await WebhookSecrets.open(file.path, log);
    expect(await signatures(secrets, 'one')).toHaveLength(1);
    expect(new Set(await signatures(secrets, 'two')).size).toBe(2);
  });

  const short = newSecret(23);
  it.each([
    ['that is no JSON', `{"a": "${newSecret()}"`, 'is not JSON'],
    ['with a list', [newSecret()], 'must hold a JSON object'],
    ['with a secret that is too short', { acme: short }, 'acme must be'],
    ['with a secret that is too long', { acme: newSecret(65) }, 'acme must be'],
    ['with a secret without its prefix', { acme: newSecret().slice(6) }, 'acme must be'],
    ['with no secret under a name', { acme: [] }, 'acme must be'],
    ['with eleven under a name', { acme: Array.from({ length: 11 }, () => newSecret()) }, 'acme must be'],
    ['with one that is no secret among others', { acme: [newSecret(), 7] }, 'acme must be'],
    ['with a secret for a name', { [`${newSecret()}/`]: 'acme' }, 'a name in it is not'],
    ['that is too large', ' '.repeat(4 * 2 ** 20 + 1), 'at most 4,194,304 bytes'],
  ])('is refused %s, and no part of it is shown', async (_, content, problem) => {
    await using file = await writeSecretsFile(content);
    const error = await WebhookSecrets.open(file.path, log).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SLUICE_CONFIG', message: expect.stringContaining(problem) });
    // What JSON says of a text repeats the text around the place.
    expect((error as Error).cause).toBeUndefined();
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    const [secret = short] = /[\w+/=]{30,}/.exec(text) ?? [];
    expect(inspect(error, { depth: 9 })).not.toContain(secret.replace('whsec_', ''));
  });

  it('is refused when it is not there', async () => {
    await expect(WebhookSecrets.open('/none/secrets.json', log)).rejects.toThrow('cannot be read (ENOENT)');
  });

  it('is read again when it has changed, also by another file in its place', async () => {
    await using file = await writeSecretsFile({ old: newSecret() });
    const secrets = await WebhookSecrets.open(file.path, log);
    await expect(secrets.find('new')).rejects.toMatchObject({
      code: 'SLUICE_WEBHOOK',
      message: 'there is no webhook secret named new in the file of SLUICE_WEBHOOK_SECRETS_FILE',
    });
    await using next = await writeSecretsFile({ new: newSecret() });
    await rename(next.path, file.path);
    expect(await secrets.find('new')).toHaveLength(1);
    await expect(secrets.find('old')).rejects.toThrow('no webhook secret named old');
  });

  it('keeps the secrets before when it has changed and cannot be used, and logs no part of it', async () => {
    const own = silentLogger();
    const logged = vi.spyOn(own, 'error');
    await using file = await writeSecretsFile({ acme: newSecret() });
    const secrets = await WebhookSecrets.open(file.path, own);
    const before = await signatures(secrets, 'acme');
    const broken = newSecret();
    await file.write(`{"acme": ${broken}}`);
    expect(await signatures(secrets, 'acme')).toEqual(before);
    expect(await signatures(secrets, 'acme')).toEqual(before);
    expect(logged.mock.calls).toEqual([
      [{ problems: ['SLUICE_WEBHOOK_SECRETS_FILE is not JSON'] }, 'webhook secrets not read again: those before hold'],
    ]);
    await file.write({ acme: newSecret() });
    expect(await signatures(secrets, 'acme')).not.toEqual(before);
  });

  it('may be none: then a webhook fails, and is tried again', async () => {
    const secrets = await WebhookSecrets.open(undefined, log);
    await expect(secrets.find('acme')).rejects.toMatchObject({
      code: 'SLUICE_WEBHOOK',
      message: expect.stringContaining('SLUICE_WEBHOOK_SECRETS_FILE is not set'),
    });
  });

  it('is shown by nothing that prints', async () => {
    const secret = newSecret();
    await using file = await writeSecretsFile({ acme: secret });
    const secrets = await WebhookSecrets.open(file.path, log);
    const printed = [secrets, ...(await secrets.find('acme'))].map(
      (each) => `${inspect(each, { depth: 9, showHidden: true })}${JSON.stringify(each)}`,
    );
    expect(printed.join()).not.toContain(secret.slice(6));
  });
});

describe('a failed delivery', () => {
  it('shows no secret, also when its receiver writes it into the answer', async () => {
    await using kit = await createWebhookKit();
    const [first = '', second = ''] = kit.secrets;
    await using site = await startWebhookReceiver((response) => {
      response.writeHead(401).end(`I know ${first}, ${second.slice(6)} and a text`);
    });
    const run = await kit.send({ url: site.origin });
    expect(run).toMatchObject({
      error: { message: 'Status 401 Unauthorized: I know [secret], [secret] and a text' },
    });
    expect(inspect(run, { depth: 9, showHidden: true })).not.toContain(first.slice(6));
  });

  it('is tried again when there is no secret of this name', async () => {
    await using kit = await createWebhookKit();
    expect(await kit.send({ url: 'http://127.0.0.1:1/', secret: 'acne' })).toMatchObject({
      outcome: 'retried',
      error: { message: expect.stringContaining('no webhook secret named acne') },
    });
  });
});
