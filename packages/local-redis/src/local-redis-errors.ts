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

  constructor(what: string, printed: string, options?: ErrorOptions) {
    super(printed === '' ? what : `${what}:\n${printed}`, options);
    this.name = 'LocalRedisStartError';
  }
}

/** A server runs on the same folder already. Two servers would destroy each other's append-only file. */
export class LocalRedisInUseError extends Error {
  readonly code = 'SLUICE_LOCAL_REDIS_IN_USE';
  readonly dir: string;
  /** The process that started that server; null when it is only just starting it, or dead and its server left over. */
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

/** Another process works in a folder now, because this one gave no heartbeat for too long. */
export class FolderLeaseLostError extends Error {
  readonly code = 'SLUICE_FOLDER_LEASE_LOST';
  readonly dir: string;

  constructor(dir: string, options?: ErrorOptions) {
    super(`another process has taken over ${dir}, because this one gave no heartbeat for too long`, options);
    this.name = 'FolderLeaseLostError';
    this.dir = dir;
  }
}

function indent(line: string): string {
  return `  ${line}`;
}
