const waysToGetOne = [
  'Debian, Ubuntu:  sudo apt-get install redis-server',
  'macOS:           brew install redis',
  'anywhere else:   install Docker and start it',
];

/** This machine has no Redis server and no way to get one was open. */
export class LocalRedisUnavailableError extends Error {
  readonly code = 'SLUICE_LOCAL_REDIS_UNAVAILABLE';
  /** Why each of the tried ways did not work, in the order in which they were tried. */
  readonly reasons: readonly string[];

  constructor(reasons: readonly string[]) {
    const lines = [
      'No Redis server was found. Any one of these gives one:',
      ...waysToGetOne.map(indent),
      'Tried:',
      ...reasons.map(indent),
    ];
    super(lines.join('\n'));
    this.name = 'LocalRedisUnavailableError';
    this.reasons = reasons;
  }
}

/** A Redis server was found, but it ended or stayed silent instead of starting. The message ends with what it printed. */
export class LocalRedisStartError extends Error {
  readonly code = 'SLUICE_LOCAL_REDIS_START';

  constructor(what: string, printed: string) {
    super(printed === '' ? what : `${what}:\n${printed}`);
    this.name = 'LocalRedisStartError';
  }
}

/** A server runs on the same folder already. Two servers would destroy each other's append-only file. */
export class LocalRedisInUseError extends Error {
  readonly code = 'SLUICE_LOCAL_REDIS_IN_USE';
  readonly dir: string;
  /** The process that started that server; null when it is only just starting it. */
  readonly ownerPid: number | null;

  constructor(dir: string, ownerPid: number | null) {
    super(
      `a Redis server that ${ownerPid === null ? 'another process' : `process ${ownerPid}`} started runs on ${dir}`,
    );
    this.name = 'LocalRedisInUseError';
    this.dir = dir;
    this.ownerPid = ownerPid;
  }
}

function indent(line: string): string {
  return `  ${line}`;
}
