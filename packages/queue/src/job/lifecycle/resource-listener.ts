/** A long-lived object that holds connections, as a test kit sees it. */
export interface OpenResource {
  /** Such as `worker pool of queue emails`. */
  readonly name: string;
  /** The stack at its start. */
  readonly stack: string;
  /** Whether it is being started or stopped. */
  isChanging(): boolean;
  /** Stops it. */
  stop(): Promise<void>;
}

/** Called whenever something is started or stopped in this process. */
export interface ResourceListener {
  /** Its start was called. */
  opened(resource: OpenResource): void;
  /** It holds nothing any more. */
  closed(resource: OpenResource): void;
}

/** On the global object, because a test may load this package twice: as ES modules and by `require`. */
const KEY = Symbol.for('sluice.resource-listener');
const place = globalThis as { [KEY]?: ResourceListener };

/** Null except in tests, so that nothing is remembered of what programs open. */
export function resourceListener(): ResourceListener | null {
  return place[KEY] ?? null;
}

/** For a test kit. With null nobody is told any more. */
export function setResourceListener(listener: ResourceListener | null): void {
  if (listener) place[KEY] = listener;
  else delete place[KEY];
}
