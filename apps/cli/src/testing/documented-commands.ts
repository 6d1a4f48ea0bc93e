import { readFile } from 'node:fs/promises';

const page = new URL('../../../../docs/operations.md', import.meta.url);

/** The part of docs/operations.md that shows what the commands are for. */
async function chapter(): Promise<string> {
  const text = await readFile(page, 'utf8');
  return text.split(/^## /m).find((part) => part.startsWith('Steering jobs\n')) ?? '';
}

/** The headings of its sections. */
export async function documentedTopics(): Promise<string[]> {
  return (await chapter())
    .split(/^### /m)
    .slice(1)
    .map((section) => section.slice(0, section.indexOf('\n')));
}

/**
 * The `sluice` commands of the shell blocks under a heading of "Steering jobs" in docs/operations.md, each as the arguments that a
 * shell would pass. Text behind ` #` is a comment.
 */
export async function documentedCommands(heading: string): Promise<string[][]> {
  const section = (await chapter()).split(/^### /m).find((part) => part.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`docs/operations.md has no section '${heading}' in 'Steering jobs'`);
  const blocks = [...section.matchAll(/^```sh\n([^]*?)^```/gm)].map(([, block = '']) => block);
  const lines = blocks.join('').replaceAll('\\\n', ' ').split('\n');
  return lines.filter((line) => line.startsWith('sluice ')).map((line) => argumentsOf(line).slice(1));
}

/** The words of a command line without variables, pipes and the like: plain ones, and those in single or double quotes. */
function argumentsOf(line: string): string[] {
  const words = line.replace(/ +#.*$/, '').match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  return words.map((word) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'));
}
