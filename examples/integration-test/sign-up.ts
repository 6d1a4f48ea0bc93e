import type { Producer } from '@sluice/queue';
import { type emails, sendEmail } from './emails.ts';

const DAY_MS = 86_400_000;

/** The code under test: a part of a service that puts jobs. */
export async function signUp(producer: Producer<typeof emails>, address: string): Promise<void> {
  await producer.put(sendEmail, { to: address, template: 'welcome' });
  await producer.put(sendEmail, { to: address, template: 'reminder' }, { delayMs: DAY_MS });
}
