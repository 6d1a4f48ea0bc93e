import { Webhook } from 'standardwebhooks';

/** What a secret looks like: 24 to 64 bytes of base64 after a prefix, as Standard Webhooks has it. */
const FORM = /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;
const LEAST_BYTES = 24;
const MOST_BYTES = 64;

/** One secret that signs. Whatever prints it shows nothing: its text is private. */
export class WebhookSecret {
  readonly #text: string;
  readonly #webhook: Webhook;

  private constructor(text: string) {
    this.#text = text;
    this.#webhook = new Webhook(text);
  }

  /** Null for what is no secret. */
  static parse(text: unknown): WebhookSecret | null {
    const [, base64] = typeof text === 'string' ? (FORM.exec(text) ?? []) : [];
    if (typeof text !== 'string' || base64 === undefined) return null;
    const bytes = Buffer.from(base64, 'base64').length;
    return bytes >= LEAST_BYTES && bytes <= MOST_BYTES ? new WebhookSecret(text) : null;
  }

  /** A signature with its version, as one part of the header `webhook-signature`. */
  sign(messageId: string, sentAt: Date, body: string): string {
    return this.#webhook.sign(messageId, sentAt, body);
  }

  /** The text without this secret, with or without its prefix: a receiver knows it, too, and may write it into an answer. */
  hideIn(text: string): string {
    return text.replaceAll(this.#text, '[secret]').replaceAll(this.#text.slice('whsec_'.length), '[secret]');
  }
}
