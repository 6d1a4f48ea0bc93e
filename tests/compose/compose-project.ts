import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const OUTPUT_MAX_BYTES = 64 * 2 ** 20;
/** Characters of output that a failure shows. */
const OUTPUT_SHOWN = 4_000;

/** The repository's docker-compose.yml under a name, a password and image tags of this run alone. */
export class ComposeProject implements AsyncDisposable {
  readonly name: string = `sluice-test-${randomBytes(4).toString('hex')}`;
  readonly password: string = randomBytes(16).toString('hex');
  readonly #env: NodeJS.ProcessEnv;
  /** Files on top of the repository's docker-compose.yml. */
  #files: readonly string[] = [];

  constructor(settings: Record<string, string>) {
    this.#env = {
      ...process.env,
      ...settings,
      SLUICE_REDIS_PASSWORD: this.password,
      SLUICE_TAG: this.name,
      // The engine picks a free port.
      SLUICE_HTTP_PORT: '0',
    };
  }

  /** `docker compose …` in this project; its standard output. */
  async compose(...args: string[]): Promise<string> {
    const files = ['docker-compose.yml', ...this.#files].flatMap((file) => ['--file', file]);
    return this.#docker('compose', '--project-name', this.name, ...files, ...args);
  }

  /** From now on with this file on top, whose path is from the root of the repository. */
  extendWith(file: string): void {
    this.#files = [...this.#files, file];
  }

  /** Where a container's port is reached from here. */
  async address(service: string, port: number): Promise<string> {
    return `http://${(await this.compose('port', service, String(port))).trim()}`;
  }

  /** One line for each container, running or not, in the engine's template language. */
  async inspect(format: string): Promise<string[]> {
    const ids = (await this.compose('ps', '--all', '--quiet')).trim().split('\n');
    return (await this.#docker('inspect', '--format', format, ...ids)).trimEnd().split('\n');
  }

  /** Removes containers, networks, volumes and tags; what was built stays in the engine's cache. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.compose('down', '--volumes', '--timeout', '1');
    const images = ['sluice', 'own'].flatMap((whose) => [
      `${whose}-producer:${this.name}`,
      `${whose}-worker:${this.name}`,
    ]);
    await this.#docker('image', 'rm', '--no-prune', ...images).catch(() => 'never built');
  }

  async #docker(...args: string[]): Promise<string> {
    try {
      const { stdout } = await run('docker', args, { cwd: root, env: this.#env, maxBuffer: OUTPUT_MAX_BYTES });
      return stdout;
    } catch (cause) {
      // A build tells on standard output why it failed.
      const output =
        cause instanceof Error && 'stdout' in cause ? `\n${String(cause.stdout).slice(-OUTPUT_SHOWN)}` : '';
      throw new Error(`docker ${args.join(' ')} failed${output}`, { cause });
    }
  }
}
