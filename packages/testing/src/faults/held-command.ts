/** Picks a command by its text: the bytes of the Redis protocol, one character for each. */
export type CommandMatch = (command: string) => boolean;

/** A command that is on its way, and will stay there until it is told to go on. */
export interface HeldCommand {
  /** Lets it, or its answer, go on, and what has come behind it on its connection. */
  release(): void;
  /** For a command that Redis has not got yet: gives it to Redis, and keeps the answer from the client. */
  releaseWithoutAnswer(): void;
  /** Cuts the client off. What is held can still be released, as bytes that were long on their way. */
  cutClient(): void;
}
