import type { Socket } from 'node:net';
import { encodeCommand, RespReader } from '../transactions/resp.ts';
import type { CommandMatch, HeldCommand } from './held-command.ts';

/** A hold that a test has asked for. The first matching command removes it from the list. */
export interface Trap {
  match: CommandMatch;
  side: 'command' | 'answer';
  spring: (held: HeldCommand) => void;
}

/** One client's connection through the proxy, command by command. Cutting either side cuts the other. */
export class HeldConnection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #traps: Trap[];
  readonly #reader = new RespReader();
  /** Commands behind a held one. */
  readonly #behind: Buffer[] = [];
  #holding = false;
  /** The client is gone, but held commands may still reach Redis. */
  #isOrphan = false;

  constructor(client: Socket, server: Socket, traps: Trap[]) {
    this.#client = client;
    this.#server = server;
    this.#traps = traps;
    client.on('data', (chunk: Buffer) => this.#take(chunk));
    server.on('data', (chunk: Buffer) => client.write(chunk));
    server.on('error', () => this.destroy()).on('close', () => this.destroy());
    client.on('error', () => this.#clientGone()).on('close', () => this.#clientGone());
  }

  onEnd(ended: () => void): void {
    this.#server.once('close', ended);
  }

  destroy(): void {
    this.#client.destroy();
    this.#server.destroy();
  }

  #clientGone(): void {
    if (!this.#isOrphan) this.destroy();
  }

  #cutClient(): void {
    this.#isOrphan = true;
    this.#client.destroy();
  }

  #take(chunk: Buffer): void {
    this.#reader.push(chunk);
    for (let command = this.#reader.read(); command !== undefined; command = this.#reader.read()) {
      this.#behind.push(encodeCommand(command as Buffer[]));
    }
    this.#forward();
  }

  #forward(): void {
    while (!this.#holding) {
      const command = this.#behind.shift();
      if (command === undefined) return;
      const trap = this.#takeTrap(command);
      if (trap?.side === 'command') return this.#hold(command, trap);
      if (trap?.side === 'answer') this.#server.pause();
      this.#server.write(command);
      trap?.spring(this.#heldAnswer());
    }
  }

  #takeTrap(command: Buffer): Trap | undefined {
    if (this.#traps.length === 0) return undefined;
    const text = command.toString('latin1');
    const place = this.#traps.findIndex(({ match }) => match(text));
    return place < 0 ? undefined : this.#traps.splice(place, 1)[0];
  }

  #hold(command: Buffer, trap: Trap): void {
    this.#holding = true;
    const release = (): void => {
      this.#holding = false;
      this.#server.write(command);
      this.#forward();
    };
    trap.spring({
      release,
      releaseWithoutAnswer: () => {
        this.#server.pause();
        release();
      },
      cutClient: () => this.#cutClient(),
    });
  }

  #heldAnswer(): HeldCommand {
    return {
      release: () => void this.#server.resume(),
      releaseWithoutAnswer: () => undefined,
      cutClient: () => this.#cutClient(),
    };
  }
}
