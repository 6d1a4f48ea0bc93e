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
  const lines = (await blocksOf(heading, 'sh')).join('').replaceAll('\\\n', ' ').split('\n');
  return lines.filter((line) => line.startsWith('sluice ')).map((line) => argumentsOf(line).slice(1));
}

/** The blocks of JSON under such a heading. */
export function documentedJson(heading: string): Promise<string[]> {
  return blocksOf(heading, 'json');
}

async function blocksOf(heading: string, language: 'sh' | 'json'): Promise<string[]> {
  const section = (await chapter()).split(/^### /m).find((part) => part.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`docs/operations.md has no section '${heading}' in 'Steering jobs'`);
  return [...section.matchAll(/^```(\w+)\n([^]*?)^```/gm)].flatMap(([, of, block = '']) =>
    of === language ? [block] : [],
  );
}

/** The words of a command line without variables, pipes and the like: plain ones, and those in single or double quotes. */
function argumentsOf(line: string): string[] {
  const words = line.replace(/ +#.*$/, '').match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  return words.map((word) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'));
}
