import { readFile, stat } from 'node:fs/promises';
import { ConfigError, type HandlerContext, namePattern, nameRule } from '@sluice/queue';
import { WebhookError } from './webhook-error.ts';
import { WebhookSecret } from './webhook-secret.ts';

const SETTING = 'SLUICE_WEBHOOK_SECRETS_FILE';
const FILE_MAX_BYTES = 4 * 2 ** 20;
/** Each is a signature more in every request. */
const SECRETS_MAX = 10;

type SecretsByName = ReadonlyMap<string, readonly WebhookSecret[]>;

/** What a file was when it was read: another one has other secrets. */
type FileVersion = string;

/**
 * The secrets of the file that a setting names, by their names: several of one name while it is rotated. A file that has changed is
 * read again, so that neither a rotation nor a new name needs a restart; while it cannot be read, the secrets before hold.
 */
export class WebhookSecrets {
  readonly #path: string | undefined;
  readonly #log: HandlerContext['log'];
  #secrets: SecretsByName = new Map();
  #version: FileVersion = '';
  #reading: Promise<void> | null = null;

  private constructor(path: string | undefined, log: HandlerContext['log']) {
    this.#path = path;
    this.#log = log;
  }

  /** @throws ConfigError when the file cannot be read, or is none of secrets */
  static async open(path: string | undefined, log: HandlerContext['log']): Promise<WebhookSecrets> {
    const opened = new WebhookSecrets(path, log);
    if (path === undefined) return opened;
    opened.#version = await versionOf(path);
    opened.#secrets = await readSecrets(path);
    return opened;
  }

  /** @throws WebhookError when there is no secret of this name, for the file may get it while the job is tried again */
  async find(name: string): Promise<readonly WebhookSecret[]> {
    if (this.#path === undefined) throw new WebhookError(`there are no webhook secrets: ${SETTING} is not set`);
    await (this.#reading ??= this.#readChanged(this.#path).finally(() => (this.#reading = null)));
    const found = this.#secrets.get(name);
    if (found) return found;
    throw new WebhookError(`there is no webhook secret named ${name} in the file of ${SETTING}`);
  }

  async #readChanged(path: string): Promise<void> {
    const version = await versionOf(path);
    if (version === this.#version) return;
    this.#version = version;
    try {
      this.#secrets = await readSecrets(path);
      this.#log.info({ names: this.#secrets.size }, 'webhook secrets read again');
    } catch (error) {
      const problems = error instanceof ConfigError ? error.problems : ['cannot be read'];
      this.#log.error({ problems }, 'webhook secrets not read again: those before hold');
    }
  }
}

/** Also when the name leads to another file, as it does when Kubernetes updates a secret. */
async function versionOf(path: string): Promise<FileVersion> {
  const found = await stat(path, { bigint: true }).catch(() => null);
  return found ? [found.ino, found.size, found.mtimeNs].join(' ') : 'none';
}

/** No message repeats a part of the file: JSON's own errors would. */
async function readSecrets(path: string): Promise<SecretsByName> {
  const parsed = parse(await read(path));
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw problem('must hold a JSON object: names, each with its secret or a list of secrets');
  const problems: string[] = [];
  const secrets = new Map<string, readonly WebhookSecret[]>();
  for (const [name, value] of Object.entries(parsed)) {
    const found = secretsOf(value);
    if (!namePattern.test(name)) problems.push(`${SETTING}: a name in it is not ${nameRule}`);
    else if (found) secrets.set(name, found);
    else problems.push(`${SETTING}: ${name} must be 1 to ${SECRETS_MAX} secrets: whsec_ and 24 to 64 bytes of base64`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return secrets;
}

async function read(path: string): Promise<string> {
  try {
    if ((await stat(path)).size <= FILE_MAX_BYTES) return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw problem(`cannot be read (${code ?? 'unknown error'})`);
  }
  throw problem(`must be at most ${FILE_MAX_BYTES.toLocaleString('en-US')} bytes`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw problem('is not JSON');
  }
}

function secretsOf(value: unknown): readonly WebhookSecret[] | null {
  const parsed = [value].flat().map((each) => WebhookSecret.parse(each));
  const secrets = parsed.filter((each) => each !== null);
  return secrets.length === parsed.length && secrets.length > 0 && secrets.length <= SECRETS_MAX ? secrets : null;
}

function problem(what: string): ConfigError {
  return new ConfigError([`${SETTING} ${what}`]);
}
