import { tmpdir } from 'node:os';
import { runCommand } from './run-command.ts';

/** The path of a Node of this version, which npm fetches when it is not in its cache. */
export async function nodeOf(version: string): Promise<string> {
  const found = await runCommand(tmpdir(), ['npx', '-y', '-p', `node@${version}`, '-c', 'node -p process.execPath']);
  return found.trim();
}
