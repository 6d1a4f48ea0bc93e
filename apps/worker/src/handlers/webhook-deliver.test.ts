import { JsonText } from '@sluice/queue/json';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { createWebhookKit, newSecret } from '../testing/webhook-kit.ts';
import { startWebhookReceiver } from '../testing/webhook-receiver.ts';

describe('webhook.deliver and what its receiver gets', () => {
  it('posts JSON that each secret of a rotation verifies, and no other', async () => {
    await using site = await startWebhookReceiver();
    await using kit = await createWebhookKit();
    const sent = await kit.send({ url: `${site.origin}/hooks?a=b` }, { id: 'job-1', attempt: 2 });
    expect(sent).toMatchObject({
      outcome: 'completed',
      result: { messageId: 'job-1', status: 204, attempts: 2, answeredAt: expect.stringMatching(/^\d{4}-.+Z$/) },
    });
    const [webhook = expect.fail('nothing came')] = site.received;
    expect(webhook).toMatchObject({
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'sluice/test', 'webhook-id': 'job-1' },
    });
    expect(site.requests[0]?.url).toBe('/hooks?a=b');
    for (const secret of kit.secrets) {
      expect(new Webhook(secret).verify(webhook.body, webhook.headers)).toEqual({
        type: 'invoice.paid',
        data: { id: 7 },
      });
    }
    expect(() => new Webhook(newSecret()).verify(webhook.body, webhook.headers)).toThrow('No matching signature');
    expect(() => new Webhook(kit.secrets[0] ?? '').verify(`${webhook.body} `, webhook.headers)).toThrow('No matching');
  });

  it('sends the same id and body with every attempt', async () => {
    await using site = await startWebhookReceiver((response, count) => {
      response.writeHead(count === 1 ? 500 : 200).end();
    });
    await using kit = await createWebhookKit();
    const payload = { url: site.origin, timestamp: '2026-11-28T04:00:00Z' };
    expect(await kit.send(payload, { id: 'one', attempt: 1 })).toMatchObject({ outcome: 'retried' });
    expect(await kit.send(payload, { id: 'one', attempt: 2 })).toMatchObject({ outcome: 'completed' });
    const [first, second] = site.received;
    expect(second?.body).toBe(first?.body);
    expect(JSON.parse(first?.body ?? '')).toEqual({
      type: 'invoice.paid',
      timestamp: '2026-11-28T04:00:00Z',
      data: { id: 7 },
    });
    expect([first?.headers['webhook-id'], second?.headers['webhook-id']]).toEqual(['one', 'one']);
  });

  it.each([
    ['an id of the payload', { messageId: 'msg_17' }, 'a', 'msg_17'],
    ['a job id that no header takes', {}, 'größe.1\r\n', 'gr%C3%B6%C3%9Fe%2E1%0D%0A'],
    ['a job id with a %', {}, 'a%2E', 'a%252E'],
  ])('sends %s', async (_, more, id, expected) => {
    await using site = await startWebhookReceiver();
    await using kit = await createWebhookKit();
    await kit.send({ url: site.origin, ...more }, { id });
    const [webhook = expect.fail('nothing came')] = site.received;
    expect(webhook.headers['webhook-id']).toBe(expected);
    expect(new Webhook(kit.secrets[0] ?? '').verify(webhook.body, webhook.headers)).toBeDefined();
  });

  it('sends data digit by digit', async () => {
    await using site = await startWebhookReceiver();
    await using kit = await createWebhookKit();
    await kit.send({ url: site.origin, data: new JsonText('{"total":12345678901234567890.10,"ä":"ß"}') });
    expect(site.received[0]?.body).toBe('{"type":"invoice.paid","data":{"total":12345678901234567890.10,"ä":"ß"}}');
  });
});
