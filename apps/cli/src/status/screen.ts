const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_REST_OF_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

export type Terminal = NodeJS.WritableStream & { columns?: number; rows?: number };

/** The text of a frame, cut to the terminal: a line that is too long would move those below it. */
export function frame(lines: readonly string[], terminal: Pick<Terminal, 'columns' | 'rows'>): string {
  // A terminal that does not know its size says 0.
  const columns = terminal.columns || 80;
  const rows = terminal.rows || 24;
  const shown =
    lines.length > rows - 1 ? [...lines.slice(0, rows - 2), `and ${lines.length - rows + 2} more lines`] : lines;
  return `${HOME}${shown.map((line) => `${line.slice(0, columns)}${CLEAR_REST_OF_LINE}\n`).join('')}${CLEAR_BELOW}`;
}

/** The other screen of a terminal, which leaves what was printed before as it was. */
export class Screen implements Disposable {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    terminal.write(ENTER);
  }

  draw(lines: readonly string[]): void {
    this.#terminal.write(frame(lines, this.#terminal));
  }

  [Symbol.dispose](): void {
    this.#terminal.write(LEAVE);
  }
}
