import { decodePayload, encodePayload, jsonSchemaOf } from '@sluice/queue/contracts';
import { JsonText, writeJson } from '@sluice/queue/json';
import { describe, expect, it } from 'vitest';
import { deliverWebhook } from './webhook-deliver.ts';

const least = { url: 'https://a.example/hooks', type: 'invoice.paid', data: { id: 7 }, secret: 'acme' };

describe('the webhook.deliver contract', () => {
  it('needs a URL, a type, data and the name of a secret', async () => {
    const { json } = await encodePayload(deliverWebhook, least);
    expect(await decodePayload(deliverWebhook, 1, json)).toEqual(least);
  });

  it.each([
    ['an id and a time of its own', { messageId: 'msg_2KWP', timestamp: '2026-11-28T04:00:00.123Z' }],
    ['data that is null', { data: null }],
    ['an @ and a : after the host', { url: 'http://a.example:8080/@me?to=a@b:c' }],
  ])('takes %s', async (_, differences) => {
    const { json } = await encodePayload(deliverWebhook, { ...least, ...differences });
    expect(await decodePayload(deliverWebhook, 1, json)).toEqual({ ...least, ...differences });
  });

  it('keeps data digit by digit', async () => {
    const data = new JsonText('{"total":12345678901234567890.10,"a":1,"a":2}');
    const { json } = await encodePayload(deliverWebhook, { ...least, data });
    const { data: read } = await decodePayload(deliverWebhook, 1, json);
    expect(writeJson(read)).toBe(data.text);
  });

  it.each([
    ['credentials in the URL', { url: 'https://user:pass@a.example/' }, 'credentials'],
    ['a user in the URL', { url: 'https://user@a.example' }, 'credentials'],
    ['another scheme', { url: 'ftp://a.example/' }, 'url: '],
    ['a backslash in the URL', { url: 'https://a.example\\@b.example/' }, 'url: '],
    ['the end of a line in the URL', { url: 'https://a.example/\nx' }, 'url: '],
    ['a URL over 2,048 characters', { url: `https://a.example/${'x'.repeat(2_048)}` }, 'url: '],
    ['a type with white space', { type: 'invoice paid' }, 'type: '],
    ['a type that ends with a full stop', { type: 'invoice.' }, 'type: '],
    ['no data', { data: undefined }, 'data: '],
    ['a full stop in the id', { messageId: 'a.b' }, 'messageId: '],
    ['an id that no header takes', { messageId: 'a\r\nb' }, 'messageId: '],
    ['a time that is none', { timestamp: 'today' }, 'timestamp: '],
    ['a misspelt key', { secrets: 'acme' }, 'secrets'],
  ])('refuses %s', async (_, differences, problem) => {
    await expect(encodePayload(deliverWebhook, { ...least, ...differences })).rejects.toThrow(problem);
  });

  it.each(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'])(
    'refuses a secret itself, and does not repeat it: %s',
    async (secret) => {
      const error = await encodePayload(deliverWebhook, { ...least, secret }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ message: expect.stringContaining('not the secret itself') });
      expect(String(error)).not.toContain(secret.slice('whsec_'.length));
    },
  );

  it('has a JSON Schema for programs in other languages', () => {
    expect(jsonSchemaOf(deliverWebhook.payload, 'input')).toMatchObject({
      required: ['url', 'type', 'data', 'secret'],
    });
  });

  it('is tried for between two and three days', () => {
    const { attempts, backoff } = deliverWebhook.retry;
    const pausesMs = Array.from({ length: attempts - 1 }, (_, at) => Math.min(backoff.delayMs * 2 ** at, 86_400_000));
    const allMs = pausesMs.reduce((sum, ms) => sum + ms, 0);
    expect(allMs * (1 - backoff.jitter)).toBeGreaterThan(2 * 86_400_000);
    expect(allMs).toBeLessThan(3 * 86_400_000);
  });
});
