/** Picks a command by its text: the bytes of the Redis protocol, one character for each. */
export type CommandMatch = (command: string) => boolean;

/** A command that the proxy holds until the test releases it. */
export interface HeldCommand {
  /** Passes on the command, or its reply, and everything behind it on its connection. */
  release(): void;
  /** For a command that Redis does not have yet: passes it to Redis, and keeps the reply from the client. */
  releaseWithoutAnswer(): void;
  /** Cuts off the client. Held bytes can still be released, as if they had been delayed in the network. */
  cutClient(): void;
}
