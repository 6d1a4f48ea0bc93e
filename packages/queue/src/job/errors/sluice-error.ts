/**
 * The base of every error that Sluice throws on purpose.
 *
 * `code` is stable across releases and is what programs should test; `message` is for people and may change.
 * Every code is listed in docs/errors.md, and a test compares that list with the source. Each class says its own name, because a
 * bundler that makes programs smaller renames classes, and names are read in logs.
 */
export abstract class SluiceError extends Error {
  /** Stable, upper-case, starts with `SLUICE_`. */
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }

  /** Name, code, message and fields; neither stack nor cause, which are for logs and not for strangers. */
  toJSON(): Record<string, unknown> {
    return { ...(this as object), message: this.message };
  }
}
