import { checkOptions } from './options/check-options.ts';
import { OptionError } from './errors/index.ts';
import * as optionRule from './options/option-rules.ts';
import { type OptionRules } from './options/option-rules.ts';

/** The return value is ignored, except for a promise that rejects. */
type Listener<E> = (event: E) => unknown;
type ListenerSets<Events> = { [K in keyof Events]?: Set<Listener<Events[K]>> };

/** Emits events to listeners. A listener that throws or rejects affects neither the emitter's owner nor the other listeners. */
export abstract class Emitter<Events> {
  readonly #rules: OptionRules;
  readonly #listeners: ListenerSets<Events> = {};

  /** @param names of all events */
  constructor(names: readonly string[]) {
    this.#rules = {
      event: optionRule.required(optionRule.oneOf(names)),
      listener: optionRule.required(optionRule.callable),
    };
  }

  /**
   * @returns a function that ends the subscription
   * @throws OptionError when there is no such event, or the listener is no function
   */
  on<K extends keyof Events>(name: K, listener: Listener<Events[K]>): () => void {
    checkOptions('on', this.#rules, { event: name, listener }, OptionError);
    const set: Set<Listener<Events[K]>> = this.#listeners[name] ?? new Set();
    this.#listeners[name] = set;
    set.add(listener);
    return () => void set.delete(listener);
  }

  /** Whether anybody listens: what is costly to find out need not be found out for nobody. */
  has(name: keyof Events): boolean {
    return (this.#listeners[name]?.size ?? 0) > 0;
  }

  emit<K extends keyof Events>(name: K, event: Events[K]): void {
    const listeners = this.#listeners[name];
    if (!listeners) return;
    for (const listener of listeners) {
      try {
        const returned = listener(event);
        // It is not awaited, and an unhandled rejection ends the process.
        if (returned instanceof Promise) returned.catch((error: unknown) => this.onFault(name, error));
      } catch (error) {
        this.onFault(name, error);
      }
    }
  }

  /** Called with what a listener threw or rejected with. */
  protected abstract onFault(name: keyof Events, error: unknown): void;
}
