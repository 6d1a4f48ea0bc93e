import { setTimeout as sleep } from 'node:timers/promises';
import { capacityDefaults } from '../../job/defaults.ts';
import { outsideContext } from '../../job/outside-context.ts';
import { generateId } from '../keys/queue-keys.ts';
import { isOutOfMemory } from '../connection/redis-errors.ts';
import type { CapacityDefinition } from './capacity-definition.ts';

/** `connect` makes a queue that is not there, `join` does not; `renew` is a heartbeat, `leave` ends them. */
export type ClaimStep = 'connect' | 'join' | 'renew' | 'leave';

/** `refused` for a step that may make a queue which is not there. */
export type ClaimOnOutOfMemory = 'refused' | 'runs';

/** Calls claim-capacity.lua with these arguments, from the step to the events. */
export type SendClaim = (args: (string | number)[], onOutOfMemory: ClaimOnOutOfMemory) => Promise<unknown>;

/**
 * One client's part in the agreement on one capacity: says which definition it runs when it connects, and again and again
 * while it is there. What is decided, and how, stands in claim-capacity.lua.
 */
export class CapacityClaim {
  readonly #definition: CapacityDefinition;
  readonly #send: SendClaim;
  readonly #client = generateId();
  #connected: Promise<void> | undefined;
  #isConnected = false;
  #rank = '0';
  #sentAtMs = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(definition: CapacityDefinition, send: SendClaim) {
    this.#definition = definition;
    this.#send = send;
  }

  /** Connects and goes on by itself. Rejects with what Redis answered. */
  async start(): Promise<void> {
    try {
      await this.#step('connect');
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      await this.#step('join');
    }
    this.#isConnected = true;
    this.keepUp();
  }

  /**
   * For clients that connect with their first call: never rejects, because that call reports what is wrong. A client
   * connects once, because one that connects when the newest definition has left takes over from it.
   */
  async ensure(): Promise<void> {
    if (this.#isConnected || this.#closed) return;
    this.#connected ??= this.#step('join').then(
      () => void (this.#isConnected = true),
      () => void (this.#connected = undefined),
    );
    await this.#connected;
  }

  /** Whether `start` or `ensure` has connected. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Sends heartbeats by itself from now on. */
  keepUp(): void {
    if (this.#timer || this.#closed) return;
    this.#timer = outsideContext(() => setInterval(() => void this.renew(), capacityDefaults.claimEveryMs));
    this.#timer.unref();
  }

  /** For clients without a timer: connects, and sends a heartbeat when it is time for one. */
  renewIfDue(): void {
    if (performance.now() - this.#sentAtMs >= capacityDefaults.claimEveryMs) void this.renew();
  }

  /** Speaks of the definition now. Never rejects: the next one comes soon. */
  async renew(): Promise<void> {
    if (!this.#closed) await this.#step('renew').catch(() => undefined);
  }

  /** Ends it without a goodbye. */
  stop(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }

  /** Takes its heartbeat back, so that no client waits for the next one. Never rejects, and does not take long. */
  async leave(): Promise<void> {
    if (this.#closed) return;
    this.stop();
    if (this.#rank === '0') return;
    const said = this.#step('leave').catch(() => undefined);
    await Promise.race([said, sleep(capacityDefaults.claimLeaveMs, undefined, { ref: false })]);
  }

  async #step(step: ClaimStep): Promise<void> {
    this.#sentAtMs = performance.now();
    const { id, level, capacity, limits, events } = this.#definition;
    const args = [step, id, level, capacity, this.#rank, this.#client, capacityDefaults.claimGoneMs, limits, events];
    const reply = await this.#send(args, step === 'connect' ? 'refused' : 'runs');
    if (Array.isArray(reply)) this.#rank = String(reply[0]);
  }
}
